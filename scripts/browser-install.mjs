// npm run browser:install: installs Chromium with the system's package manager, for the tests of the dashboard. Without
// a browser, those tests are skipped and say so. Debian's chromium-headless-shell needs half the CPU time of a complete
// Chromium, so it is installed even if there is a browser already.
import { spawnSync } from 'node:child_process';

const works = (command, args = ['--version']) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const SHELL = 'chromium-headless-shell';
const browsers = [process.env.PAGGIO_BROWSER, SHELL, 'chromium', 'chromium-browser', 'google-chrome', 'microsoft-edge'];
const present = browsers.find((name) => name && works(name));
if (present) console.log(`There is a browser already: ${present}`);
if (present === SHELL || (present && (present === process.env.PAGGIO_BROWSER || !works('apt-get')))) process.exit(0);

const managers = [
  ['apt-get', ['update'], ['install', '-y', '--no-install-recommends', SHELL]],
  ['dnf', ['install', '-y', 'chromium']],
  ['apk', ['add', 'chromium']],
  ['pacman', ['-S', '--noconfirm', 'chromium']],
  ['brew', ['install', '--cask', 'chromium']],
  ['winget', ['install', '--silent', 'Google.Chrome']],
];
const found = managers.find(([name]) => works(name));
if (!found) {
  console.error(
    'No package manager was found that is known here. Install Chromium or Chrome, or set PAGGIO_BROWSER to one.',
  );
  process.exit(1);
}
const [manager, ...steps] = found;
const asRoot = manager === 'brew' || manager === 'winget' || process.getuid?.() === 0;
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
// The installation gets less time if there is a browser already: without a network, that browser has to do.
const timeout = present ? 60_000 : 300_000;
const install = (step) => {
  const [command, args] = asRoot ? [manager, step] : ['sudo', ['-n', manager, ...step]];
  console.log(`${command} ${args.join(' ')}`);
  return spawnSync(command, args, { stdio: 'inherit', env, timeout }).status === 0;
};
// Not every release of Debian and Ubuntu has the headless shell.
if (steps.every(install) || present || (manager === 'apt-get' && install([...steps.at(-1).slice(0, -1), 'chromium'])))
  process.exit(0);
console.error(`${manager} failed. Install Chromium by hand, or set PAGGIO_BROWSER to one.`);
process.exit(1);
