/**
 * What a run of `npm audit --json` means: the exit code, the text and the method of the console that prints it. A file
 * of its own, so that a test can show it many reports without starting npm for each.
 */
exports.verdictOf = function verdictOf({ stdout, stderr, error }) {
  const failed = (text) => ({ code: 1, print: 'error', text });
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return failed(`npm audit gave no report: ${error?.message ?? stderr.trim()}`);
  }

  const counts = report.metadata?.vulnerabilities;
  if (counts) {
    const severe = Object.values(report.vulnerabilities).filter(({ severity }) => /^(high|critical)$/.test(severity));
    if (severe.length > 0) {
      const list = severe.map(({ name, severity, range, via }) => {
        const titles = via.map((one) => (typeof one === 'string' ? `through ${one}` : `${one.title} (${one.url})`));
        return `  ${name} ${range}, ${severity}: ${titles.join('; ')}`;
      });
      return failed(`Known vulnerabilities of level high or above:\n${list.join('\n')}`);
    }
    const below = counts.moderate + counts.low + counts.info;
    return { code: 0, print: 'log', text: `npm audit: none of level high or above, ${below} below` };
  }
  if (/audit endpoint returned an error/.test(stderr)) {
    const line = '!'.repeat(80);
    const reason = report.message || report.error?.summary || 'no reason given';
    const text =
      `${line}\nKnown vulnerabilities were NOT checked: the registry did not answer.\n  ${reason}\n` +
      `Run this where it does: npm audit --omit=dev\n${line}`;
    return { code: 0, print: 'warn', text };
  }
  return failed(`npm audit failed: ${report.error?.summary ?? report.message ?? stderr.trim()}`);
};
