// `npm run docs`: the reference of the entries with the pages, into out/docs.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';

import {Converter, ReflectionKind} from 'typedoc';

import {inRepository, REPOSITORY} from './test/support/doc_pages.mjs';

const readme = readFileSync('README.md', 'utf8');
// The README's table of contents has the pages in the order in which they are read.
const pages = [
  ...new Set(
    [...readme.matchAll(/\]\(([^)#]*)\)/g)]
      .map(([, link]) => inRepository(link))
      .filter(page => page?.endsWith('.md')),
  ),
].filter(page => !page.startsWith('examples/'));

// On the registry's page and elsewhere the README's links lead to the repository; on the site, and where links are
// checked, to its files.
const OUT = 'out/readme.md';
mkdirSync('out', {recursive: true});
writeFileSync(OUT, readme.replaceAll(`](${REPOSITORY}`, '](../'));

/** Names pages by their titles instead of their files, and says which members need no docstring of their own. */
function plugin(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const [, title] = /^\s*# (.*)\n/.exec(document.content[0].text) ?? [];
    if (title === undefined) throw new Error(`${document.name} does not begin with a title of plain words.`);
    document.name = title;
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
  });
}

const hasComment = member =>
  member.hasComment() || (member.kindOf(ReflectionKind.SomeSignature) && member.parent.hasComment());
/** TypeDoc asks for none there by itself, and objects to exceptions that it does not need. */
const isInParameter = ({parent}) =>
  parent !== undefined && (parent.kindOf(ReflectionKind.Parameter) || isInParameter(parent));
/** The docstring of what has the type describes it. */
const isInLiteral = member =>
  member.kindOf(ReflectionKind.Property) && member.parent.kindOf(ReflectionKind.TypeLiteral);
/** What overrides a member of TensorFlow.js means what it means there. */
const isOfTensorFlow = member =>
  [member, member.parent].some(
    ({overwrites, inheritedFrom}) =>
      [overwrites, inheritedFrom].some(type => type !== undefined && type.reflection === undefined) ||
      (inheritedFrom?.reflection !== undefined && isOfTensorFlow(inheritedFrom.reflection)),
  );

export default {
  entryPoints: ['src/index.ts', 'src/wasm_training/index.ts', 'src/plot/index.ts', 'src/file_system/index.ts'],
  plugin: [plugin],
  readme: OUT,
  projectDocuments: pages,
  sortEntryPoints: false,
  out: 'out/docs',
  // Links to sources depend on where the repository was cloned from.
  disableSources: true,
  // Pages bring their titles.
  headings: {readme: false},
  excludePrivate: true,
  excludeProtected: true,
  excludeInternal: true,
  excludeExternals: true,
  treatWarningsAsErrors: true,
  // Types that only build other types are not exported; the reference says their names.
  validation: {notExported: false, invalidLink: true, invalidPath: true, notDocumented: true},
};
