// Finds a browser for karma, so that a bare machine needs Node and npm only.
import {execFileSync, spawnSync} from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import {createRequire} from 'node:module';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

// This file may be part of a bundle, which is elsewhere in the project.
const root = folderWithManifest(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** Whether @sparticuz/chromium has a browser for this machine. */
const CAN_UNPACK = process.platform === 'linux' && process.arch === 'x64';
/** A Vulkan driver in software, the library that it names, and the library through which programs use it. */
const SWIFT_SHADER = ['vk_swiftshader_icd.json', 'libvk_swiftshader.so', 'libvulkan.so.1'];
const COMMANDS = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ...['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap(name =>
    process.env[name] ? [join(process.env[name], 'Google/Chrome/Application/chrome.exe')] : [],
  ),
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installed() {
  // Without PATH there are no folders to search.
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...COMMANDS.flatMap(name => folders.map(folder => join(folder, name))), ...PLACES].find(isExecutable);
}

// The package unpacks into the temporary folder of its process and brings system libraries only where it believes
// to be on AWS Lambda; the rename makes concurrent runs see a whole browser or none.
function unpack() {
  const {version} = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8'));
  const cache = join(root, 'node_modules', '.cache', 'tfjs-optim');
  const home = join(cache, `chromium-${version}`);
  if (existsSync(join(home, 'chromium'))) return home;
  mkdirSync(cache, {recursive: true});
  const staging = mkdtempSync(join(cache, 'unpack-'));
  const script = `import c from '@sparticuz/chromium'; await c.executablePath();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: {...process.env, TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x'},
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    renameSync(staging, home);
  } catch (error) {
    rmSync(staging, {recursive: true, force: true});
    if (!existsSync(join(home, 'chromium'))) throw error;
  }
  return home;
}

function packageFolder() {
  const name = '@sparticuz/chromium';
  let folder = folderWithManifest(dirname(require.resolve(name)));
  while (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name !== name)
    folder = folderWithManifest(dirname(folder));
  return folder;
}

/** The folder itself, or the nearest above it, that has a package.json. */
function folderWithManifest(folder) {
  return existsSync(join(folder, 'package.json')) ? folder : folderWithManifest(dirname(folder));
}

function lacksLibraries(binary) {
  const {stdout} = spawnSync('ldd', [binary], {encoding: 'utf8'});
  return stdout === null || stdout.includes('not found');
}

/** The environment variables with which karma-chrome-launcher starts the browser. */
export function chromeEnvironment() {
  if (process.env.CHROME_BIN) {
    if (isExecutable(process.env.CHROME_BIN)) return {CHROME_BIN: process.env.CHROME_BIN};
    throw new Error(`CHROME_BIN is ${process.env.CHROME_BIN}, which is not an executable file.`);
  }
  const found = installed();
  if (found) return {CHROME_BIN: found};
  if (CAN_UNPACK) {
    const home = unpack();
    const binary = join(home, 'chromium');
    if (!lacksLibraries(binary)) return {CHROME_BIN: binary};
    const libraries = [join(home, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
    return {CHROME_BIN: binary, LD_LIBRARY_PATH: libraries};
  }
  throw new Error('No browser found: install Google Chrome or Chromium, or set CHROME_BIN to its executable file.');
}

/**
 * The environment variables with which a Node process finds SwiftShader, the Vulkan driver in software that comes with
 * Chrome. Undefined if there is no such driver here.
 */
export function swiftShaderEnvironment() {
  if (process.platform !== 'linux') return undefined;
  const chrome = process.env.CHROME_BIN || installed();
  const beside = chrome ? dirname(realpathSync(chrome)) : undefined;
  const isHome = folder => SWIFT_SHADER.every(name => existsSync(join(folder, name)));
  // Debian's Chromium has no Vulkan loader of its own.
  const folder = beside !== undefined && isHome(beside) ? beside : CAN_UNPACK ? unpack() : undefined;
  if (folder === undefined) return undefined;
  const driver = join(folder, SWIFT_SHADER[0]);
  return {
    VK_DRIVER_FILES: driver,
    // Vulkan loaders before 1.3.207 know this name only.
    VK_ICD_FILENAMES: driver,
    LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
  };
}
