// `node tools/subpath_folders.mjs make` or `remove`: a folder for each entry of the package, for resolvers that don't
// know `exports` (Parcel's default, Jest before 28, TypeScript's old `node`). They look for `tfjs-optim/wasm` in the
// folder `wasm`. npm calls both around packing, so that the folders are in the package and not in the repository.
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
      throw new Error(`There is a folder '${folder}' already, where that of the entry '${name}/${folder}' has to go.`);
    mkdirSync(join(root, folder));
    // One folder deeper than the package's own.
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
if (command === undefined) throw new Error(`node tools/subpath_folders.mjs ${Object.keys(commands).join('|')}`);
command();
