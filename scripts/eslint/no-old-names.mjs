// An ESLint rule against names that the code no longer uses. Its option maps each of them to the present name.

export const noOldNames = {
  meta: {
    type: 'problem',
    schema: [{ type: 'object', additionalProperties: { type: 'string' } }],
    messages: { old: 'The name {{name}} is no longer used. Write {{instead}} (docs/architecture.md, Words).' },
  },
  create(context) {
    const presentNames = new Map(Object.entries(context.options[0]));
    const check = (node) => {
      const instead = presentNames.get(node.name);
      // A use of a member is not reported: its declaration is, and an object from elsewhere keeps its names.
      const isMemberUse =
        node.parent.type === 'MemberExpression' && node.parent.property === node && !node.parent.computed;
      if (instead === undefined || isMemberUse) return;
      context.report({ node, messageId: 'old', data: { name: node.name, instead } });
    };
    return { Identifier: check, PrivateIdentifier: check };
  },
};
