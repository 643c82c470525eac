// An ESLint rule for tests: they may use only the public members of this repository's classes. TypeScript lets code get
// around `private` by a name in a string (`paggio['assembly']`, `Reflect.get(paggio, 'assembly')`), and by a cast of an
// instance to `any`, or through `unknown` or `never` to another type. The rule refuses both. Classes of installed
// packages may be cast.
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
      name: '{{name}} is private. Use a public member, or a part of `gateway.assembly` (@paggio/core/testing).',
      cast: 'This cast opens the private members of {{name}}. Use a public member, or a part of `gateway.assembly` (@paggio/core/testing).',
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
        // A cast to unknown or never opens something only if it is used further. A deliberately wrong argument is fine.
        const goesOn = node.parent.type === 'TSAsExpression' || node.parent.type === 'MemberExpression';
        if (type !== 'TSAnyKeyword' && !(goesOn && WIDE.has(type))) return;
        const declaration = ownClassOf(node.expression);
        if (declaration)
          context.report({ node, messageId: 'cast', data: { name: declaration.name?.text ?? 'a class' } });
      },
    };
  },
};
