// The Python that the specs in test/python/ run: a virtual environment with the packages of requirements.txt.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const REQUIREMENTS = join(dirname(fileURLToPath(import.meta.url)), 'requirements.txt');
const OLDEST = [3, 11];
/** pip's answer where an index was reached, but has other versions only. */
const OTHER_VERSIONS = /\(from versions: (?!none)/;

const {TFJS_OPTIM_PYTHON, TFJS_OPTIM_TORCH_INDEX = '', XDG_CACHE_HOME} = process.env;
const windows = process.platform === 'win32';

/**
 * The Python program with all packages, made where it does not exist yet.
 * @returns {{python: string} | {missing: string}} its path; or why there can't be one on this machine.
 * @throws where the index can be reached and the installation fails, because then the requirements are wrong.
 */
export function pythonEnvironment() {
  if (TFJS_OPTIM_PYTHON) return {python: TFJS_OPTIM_PYTHON};
  const requirements = readFileSync(REQUIREMENTS, 'utf8');
  const key = createHash('sha256').update(`${requirements}\n${TFJS_OPTIM_TORCH_INDEX}`).digest('hex').slice(0, 16);
  const cache = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tfjs-optim');
  const folder = join(cache, `python-${key}`);
  if (existsSync(folder)) return {python: programIn(folder)};

  const base = windows ? 'python' : 'python3';
  const version = output(base, '-c', 'import sys; print(*sys.version_info[:2])');
  if (version.status !== 0) return {missing: `'${base}' can't be run. Install Python ${OLDEST.join('.')} or newer.`};
  const [major, minor] = version.text.trim().split(' ').map(Number);
  if (major !== OLDEST[0] || minor < OLDEST[1])
    return {missing: `'${base}' is Python ${major}.${minor}; the packages need ${OLDEST.join('.')} or newer.`};

  mkdirSync(cache, {recursive: true});
  const unfinished = mkdtempSync(join(cache, 'making-'));
  try {
    const made = output(base, '-m', 'venv', unfinished);
    if (made.status !== 0) return {missing: `'${base} -m venv' failed: ${lastLineOf(made.text)}`};
    const python = programIn(unfinished);
    const unreachable = whyUnreachable(python, requirements);
    if (unreachable !== undefined) return {missing: `no package index can be reached: ${unreachable}`};
    console.log(`Installing the packages of test/python/requirements.txt into ${folder}`);
    if (TFJS_OPTIM_TORCH_INDEX) {
      const torch = lineOf(requirements, 'torch');
      install(python, '--index-url', TFJS_OPTIM_TORCH_INDEX, torch);
    }
    install(python, '--requirement', REQUIREMENTS);
    // Another run may have made the same environment meanwhile.
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, {recursive: true, force: true});
  }
  return {python: programIn(folder)};
}

const programIn = folder => (windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python'));

function output(command, ...args) {
  const {status, stdout, stderr} = spawnSync(command, args, {encoding: 'utf8'});
  // A command that can't be started has no output.
  return {status, text: `${stdout ?? ''}${stderr ?? ''}`};
}

const lastLineOf = text => text.trim().split('\n').at(-1) || 'it printed nothing';

function lineOf(requirements, name) {
  const line = requirements.split('\n').find(one => one.startsWith(`${name}==`));
  if (line === undefined) throw new Error(`${REQUIREMENTS} must pin ${name}; it does not.`);
  return line;
}

/** Downloads one small package, which fails at once where no index can be reached. */
function whyUnreachable(python, requirements) {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-optim-'));
  const small = lineOf(requirements, 'safetensors');
  const {status, text} = output(
    python,
    ...['-m', 'pip', 'download', '--no-deps', '--retries', '1', '--timeout', '20', '--dest', folder, small],
  );
  rmSync(folder, {recursive: true, force: true});
  return status === 0 || OTHER_VERSIONS.test(text) ? undefined : lastLineOf(text);
}

function install(python, ...args) {
  const {status} = spawnSync(python, ['-m', 'pip', 'install', '--disable-pip-version-check', ...args], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`pip could not install ${args.join(' ')}; its output above says why.`);
}
