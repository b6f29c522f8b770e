import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

import {isDict} from '../../../src/util/config_reader';

/** The folder of the Python programs of the specs. */
export const PROGRAMS = join('test', 'python', 'programs');

/** The Python program with all packages; test/python/run.mjs sets it. */
export function pythonPath(): string {
  const python = process.env.TFJS_OPTIM_PYTHON;
  if (!python) throw new Error("TFJS_OPTIM_PYTHON must name a Python; run the specs by 'npm run test:python'.");
  return python;
}

/** The environment of Python programs: one thread, because other processes run beside it, and our module. */
export function pythonVariables(): NodeJS.ProcessEnv {
  return {...process.env, OMP_NUM_THREADS: '1', PYTHONPATH: 'python', PYTHONDONTWRITEBYTECODE: '1'};
}

/**
 * A Python program that answers calls, so that a spec file imports torch once and not for each spec. The program
 * calls `serve` of test/python/programs/serving.py with its functions.
 */
export class PythonServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string, undefined>;
  #errors = '';

  /**
   * @param program its file name in `folder`.
   * @param modules the folder of the modules that it imports.
   */
  constructor(
    program: string,
    {python = pythonPath(), folder = PROGRAMS, modules = 'python'}: Readonly<Record<string, string>> = {},
  ) {
    this.#child = spawn(python, [join(folder, program)], {env: {...pythonVariables(), PYTHONPATH: modules}});
    this.#child.stderr.setEncoding('utf8');
    this.#child.stderr.on('data', (text: string) => {
      this.#errors += text;
    });
    this.#answers = createInterface({input: this.#child.stdout})[Symbol.asyncIterator]();
  }

  /**
   * The result of a function of the program; arguments and results are JSON.
   * @throws (rejects) what the function raised.
   */
  async call(name: string, ...args: readonly unknown[]): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify({name, args})}\n`);
    const line = await this.#answers.next();
    if (line.done === true) throw new Error(`The Python program ended. It printed:\n${this.#errors}`);
    const answer: unknown = JSON.parse(line.value);
    if (!isDict(answer)) throw new Error(`The Python program must answer with an object; got ${line.value}`);
    if (typeof answer.error === 'string') throw new Error(answer.error);
    return answer.result;
  }

  /** Ends the program. */
  end(): void {
    this.#child.stdin.end();
  }
}

/** Runs a Python program during the specs of the surrounding suite. @param program its file name in `PROGRAMS`. */
export function pythonDuringSuite(program: string): Pick<PythonServer, 'call'> {
  let server: PythonServer | undefined;
  beforeAll(() => {
    server = new PythonServer(program);
  });
  afterAll(() => {
    server?.end();
  });
  return {
    call: (name, ...args) => {
      if (server === undefined) throw new Error('Python can be called in specs only.');
      return server.call(name, ...args);
    },
  };
}

/**
 * Runs a Python program in a folder.
 * @param modules the folder of the modules that it imports.
 * @throws (rejects) with what it printed where it fails.
 */
export async function runPython(folder: string, program: string, modules: string): Promise<void> {
  const child = spawn(pythonPath(), [program], {cwd: folder, env: {...pythonVariables(), PYTHONPATH: modules}});
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  await new Promise<void>((done, fail) => {
    child.on('error', fail);
    child.on('close', code => {
      if (code === 0) done();
      else fail(new Error(`${program} ended with ${String(code)}:\n${printed}`));
    });
  });
}
