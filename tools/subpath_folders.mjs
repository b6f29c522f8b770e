// `node tools/subpath_folders.mjs make|remove`: makes or removes a folder for each entry of the package. Resolvers that
// don't know `exports` (Parcel's default, Jest before 28, TypeScript's old `node`) look for `tfjs-optim/wasm` in the
// folder `wasm`. npm calls `make` before packing and `remove` after it, so the folders are only in the package.
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const {name, exports} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const FILE = 'package.json';

const entries = Object.entries(exports)
  .filter(([path, conditions]) => path !== '.' && typeof conditions === 'object')
  .map(([path, conditions]) => ({folder: path.slice('./'.length), ...conditions}));

function make() {
  for (const {folder, import: module, require: main} of entries) {
    if (existsSync(join(root, folder)))
      throw new Error(
        `The entry '${name}/${folder}' needs the folder '${folder}', which exists. Rename or remove it.`,
      );
    mkdirSync(join(root, folder));
    // The paths start one folder deeper than those of the package.
    const [cjs, esm, types] = [main.default, module.default, module.types].map(file => `.${file}`);
    writeFileSync(
      join(root, folder, FILE),
      `${JSON.stringify({name: `${name}/${folder}`, private: true, main: cjs, module: esm, types}, undefined, 2)}\n`,
    );
  }
}

function remove() {
  for (const {folder} of entries) {
    const path = join(root, folder);
    if (existsSync(path) && readdirSync(path).every(file => file === FILE)) rmSync(path, {recursive: true});
  }
}

const commands = {
  make: () => {
    remove();
    make();
  },
  remove,
};
const command = commands[process.argv[2]];
if (command === undefined)
  throw new Error(`Unknown command '${process.argv[2]}'; it must be one of ${Object.keys(commands).join(', ')}.`);
command();
