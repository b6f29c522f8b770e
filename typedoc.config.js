// `npm run docs`: writes the reference of the entries, with the pages of docs/, to out/docs.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

import {Converter, OptionDefaults, PageEvent, ReflectionKind} from 'typedoc';

import {PICTURES, REPOSITORY} from './test/support/doc_pages.mjs';
import {accessible} from './tools/site/page.mjs';

// The pages come in the order of their list.
const LIST = 'docs/README.md';
const pages = [
  LIST,
  ...new Set(
    [...readFileSync(LIST, 'utf8').matchAll(/\]\(([^)#]*\.md)/g)].map(([, link]) => join(dirname(LIST), link)),
  ),
].filter(page => !page.startsWith('examples/'));

const readme = readFileSync('README.md', 'utf8');
// The README's links lead to the repository, because the registry's page shows the README too. On the site they must
// lead to the site's own pages, and TypeDoc checks them only then.
const OUT = 'out/readme.md';
mkdirSync('out', {recursive: true});
writeFileSync(OUT, readme.replaceAll(`](${REPOSITORY}`, '](../').replaceAll(`](${PICTURES}`, '](../'));

/**
 * Names pages by their titles instead of their files, exempts members that need no docstring of their own, and requires
 * what editors show of each exported value: an example, and a formula where it computes something.
 */
function plugin(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const match = /^\s*# (.*)\n/.exec(document.content[0].text);
    if (match === null) throw new Error(`${document.name} must begin with a title of plain words.`);
    document.name = match[1];
  });
  app.renderer.on(PageEvent.END, page => {
    page.contents = accessible(page.contents);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({project}) => {
    const members = project.getReflectionsByKind(
      ReflectionKind.Property |
        ReflectionKind.CallSignature |
        ReflectionKind.GetSignature |
        ReflectionKind.SetSignature,
    );
    const exempt = members.filter(
      member =>
        !hasComment(member) &&
        !isInParameter(member) &&
        (isInLiteral(member) || isOfTensorFlow(member) || member.kindOf(ReflectionKind.SetSignature)),
    );
    app.options.setValue('intentionallyNotDocumented', [
      ...new Set(exempt.map(member => member.getFriendlyFullName())),
    ]);
    for (const exported of project.getReflectionsByKind(
      ReflectionKind.Class | ReflectionKind.Function | ReflectionKind.Variable,
    )) {
      const comments = commentsOf(exported);
      if (!comments.some(({blockTags}) => blockTags.some(({tag}) => tag === '@example')))
        app.logger.warn(`${exported.name} must have an @example: editors show it.`);
      if (computes(exported) && !comments.some(hasFormula))
        app.logger.warn(`${exported.name} must have a formula, in its text between backticks or as @formula.`);
    }
  });
}

/** The docstrings of an exported value: its own, those of its signatures, those of its type where it has none. */
function commentsOf(exported) {
  const signatures = [exported.signatures, exported.type?.declaration?.signatures].flatMap(list => list ?? []);
  return [exported, ...signatures].flatMap(({comment}) => (comment === undefined ? [] : [comment]));
}

/** Whether it is a rule, a step, another callback, an average, a schedule, or a rule that suggests a rate. */
function computes({kind, type, name, signatures = [], extendedTypes = []}) {
  const types = [type, ...signatures.map(signature => signature.type), ...extendedTypes].map(one => one?.name);
  return (
    types.some(one => FORMULA_TYPES.test(one)) || (kind === ReflectionKind.Class && FORMULA_CLASSES.includes(name))
  );
}
const FORMULA_TYPES = new RegExp(
  '^(CallableCallback|\\w*Factory|ScheduleFree|Sched|Schedule|ScheduleFunction|ParamScheduler|Slice|SuggestionRule|' +
    'SGD|RMSProp|Adam|RAdam|QHAdam|Larc|Lamb|Lookahead|ExtendedOptimizer)$',
);
const FORMULA_CLASSES = ['SGD', 'RMSProp', 'Adam', 'RAdam', 'QHAdam', 'Larc', 'Lamb'];

function hasFormula({summary, blockTags}) {
  return (
    blockTags.some(({tag}) => tag === '@formula') ||
    summary.some(({kind, text}) => kind === 'code' && /[←→·^√=/]|[a-z)] [-+] [a-z(]/.test(text))
  );
}

const hasComment = member =>
  member.hasComment() || (member.kindOf(ReflectionKind.SomeSignature) && member.parent.hasComment());
/** TypeDoc does not require docstrings there, and warns about exemptions that it does not need. */
const isInParameter = ({parent}) =>
  parent !== undefined && (parent.kindOf(ReflectionKind.Parameter) || isInParameter(parent));
/** The docstring of the member with the literal type describes its properties. */
const isInLiteral = member =>
  member.kindOf(ReflectionKind.Property) && member.parent.kindOf(ReflectionKind.TypeLiteral);
/** A member that overrides one of TensorFlow.js has the same meaning. */
const isOfTensorFlow = member =>
  [member, member.parent].some(
    ({overwrites, inheritedFrom}) =>
      [overwrites, inheritedFrom].some(type => type !== undefined && type.reflection === undefined) ||
      (inheritedFrom?.reflection !== undefined && isOfTensorFlow(inheritedFrom.reflection)),
  );

export default {
  entryPoints: [
    'src/index.ts',
    'src/all.ts',
    'src/wasm_training/index.ts',
    'src/wasm_threads/index.ts',
    'src/gpu_training/index.ts',
    'src/plot/index.ts',
    'src/file_system/index.ts',
    'src/node_webgpu/index.ts',
    'src/interchange/index.ts',
    'src/interchange/keras/index.ts',
  ],
  plugin: [plugin],
  // What docs/optimizers.md says of each optimizer.
  blockTags: [...OptionDefaults.blockTags, '@formula', '@source', '@memory', '@use', '@avoid'],
  readme: OUT,
  projectDocuments: pages,
  sortEntryPoints: false,
  out: 'out/docs',
  favicon: 'tools/site/icon.svg',
  customCss: 'tools/site/style.css',
  customJs: 'tools/site/navigation.js',
  // The search box finds the pages, too.
  searchInDocuments: true,
  // Links to sources would depend on the address that the repository was cloned from.
  disableSources: true,
  // The README has its own title.
  headings: {readme: false},
  excludePrivate: true,
  excludeProtected: true,
  excludeInternal: true,
  excludeExternals: true,
  highlightLanguages: [...OptionDefaults.highlightLanguages, 'python', 'wgsl'],
  treatWarningsAsErrors: true,
  // Types that only help to build other types are not exported. The reference shows their names.
  validation: {notExported: false, invalidLink: true, invalidPath: true, notDocumented: true},
};
