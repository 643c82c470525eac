// npm run browser:install. Installs Chromium by the system's own package manager, for the tests of the dashboard. Nothing
// else in the project installs system packages; without a browser those tests are skipped and say so.
import { spawnSync } from 'node:child_process';

const works = (command, args = ['--version']) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

for (const name of [process.env.PAGGIO_BROWSER, 'chromium', 'chromium-browser', 'google-chrome', 'microsoft-edge']) {
  if (!name || !works(name)) continue;
  console.log(`There is a browser already: ${name}`);
  process.exit(0);
}

const managers = [
  ['apt-get', ['update'], ['install', '-y', '--no-install-recommends', 'chromium']],
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
for (const step of steps) {
  const [command, args] = asRoot ? [manager, step] : ['sudo', ['-n', manager, ...step]];
  console.log(`${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) {
    console.error(`${manager} failed. Install Chromium by hand, or set PAGGIO_BROWSER to one.`);
    process.exit(1);
  }
}
