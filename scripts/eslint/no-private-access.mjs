// An ESLint rule for tests: they use only what a class of this repository shows. TypeScript lets code past `private` by a
// name in a text (`paggio['assembly']`, `Reflect.get(paggio, 'assembly')`), and by a cast of an instance to `any`, or to
// another type by way of `unknown` or `never`. The rule refuses both. Classes of packages may be cast.
import ts from 'typescript';

const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
const WIDE = new Set(['TSNeverKeyword', 'TSUnknownKeyword']);

const isHidden = (declaration) =>
  (ts.getCombinedModifierFlags(declaration) & HIDDEN) !== 0 ||
  (declaration.name !== undefined && ts.isPrivateIdentifier(declaration.name));

/** Whether a declaration is a class of this repository with private or protected members. */
const isOwnClass = (declaration) =>
  ts.isClassLike(declaration) &&
  !declaration.getSourceFile().fileName.includes('/node_modules/') &&
  declaration.members.some(
    (member) => isHidden(member) || (ts.isConstructorDeclaration(member) && member.parameters.some(isHidden)),
  );

export const noPrivateAccess = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      name: '{{name}} is private. Use what the class shows, or a part of `gateway.assembly` (@paggio/core/testing).',
      cast: 'This cast opens the private members of {{name}}. Use what the class shows, or a part of `gateway.assembly` (@paggio/core/testing).',
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const ownClassOf = (node) => services.getTypeAtLocation(node).getSymbol()?.declarations?.find(isOwnClass);
    const checkName = (node, object, { value }) => {
      const declarations = services.getTypeAtLocation(object).getProperty(String(value))?.declarations ?? [];
      if (declarations.some(isHidden)) context.report({ node, messageId: 'name', data: { name: String(value) } });
    };
    return {
      'MemberExpression[computed=true][property.type="Literal"]': (node) => checkName(node, node.object, node.property),
      'CallExpression[callee.object.name="Reflect"][arguments.1.type="Literal"]': (node) =>
        checkName(node, ...node.arguments),
      TSAsExpression(node) {
        const { type } = node.typeAnnotation;
        // A cast to unknown or never opens something only where it goes on: an argument that is wrong on purpose is fine.
        const goesOn = node.parent.type === 'TSAsExpression' || node.parent.type === 'MemberExpression';
        if (type !== 'TSAnyKeyword' && !(goesOn && WIDE.has(type))) return;
        const declaration = ownClassOf(node.expression);
        if (declaration)
          context.report({ node, messageId: 'cast', data: { name: declaration.name?.text ?? 'a class' } });
      },
    };
  },
};
