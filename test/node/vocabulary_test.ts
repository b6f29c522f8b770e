import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

import {present} from '../support/present';

/** Words that src once used, and what it says now. Each new word has one meaning: see the glossary. */
const RETIRED: ReadonlyArray<readonly [old: RegExp, now: string]> = [
  [/\b(Tensor|Traced)?Lane\b|\blaneOf\b/, 'Draft'],
  [/\bJobClass\b|\b(Traced|Planned)Class\b|\bclassesOf\b/, 'Bucket'],
  [/\b(Class)?Place\b|\bplaceOf\b/, 'Parameter, or a bucket of the backend'],
  [/\bStage\b|\bstagesOf\b|\bstages?\b/, 'Segment of a chain; Dispatch of a shader'],
  [/\bWork\b|\bBoundRow\b/, 'BoundJob'],
  [/\bRecordLayout\b/, 'ArgumentLayout'],
  [/\bManifestEntry\b/, 'an element of Manifest'],
  [/(?<!\.)\bkept\b(?!:|'| =)/, 'memo for a stored result; another verb in prose'],
  [/\bKeptNumbers\b/, 'SavedNumbers'],
  [/\bexposed\b/, 'escaped'],
  [/\bWrapperPlaceholder\b/, 'UnregisteredWrapper'],
  [/\bclass (Run|ClassRun|Around)\b/, 'WebGLStep, WebGPUStep, BoundBucket, ExtendedOptimizer'],
  [/\binterface Row\b/, 'BoundJob'],
];
/** The shapes of one parameter. */
const SHAPES = ['BoundJob', 'Bucket', 'Draft', 'Job', 'ParamRow', 'Parameter', 'SavedParameter', 'SummaryRow'];

const files = readdirSync('src', {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.ts'));
const architecture = readFileSync('docs/architecture.md', 'utf8');
const glossary = present(present(/## Glossary\n([^]*?)\n## /.exec(architecture))[1]);

describe('the words of src', () => {
  it('do not include retired words', () => {
    const found = files.flatMap(file =>
      readFileSync(join('src', file), 'utf8')
        .split('\n')
        .flatMap((line, i) =>
          RETIRED.filter(([old]) => old.test(line)).map(([, now]) => `${file}:${i + 1}: ${line.trim()} (now ${now})`),
        ),
    );
    expect(found).toEqual([]);
  });

  it('have at most fifteen that the glossary has to explain', () => {
    const words = [...glossary.matchAll(/^\| (\w+) +\|/gm)].map(([, word = '']) => word).slice(1);
    expect(words.length).toBeGreaterThan(10);
    expect(words.length).toBeLessThanOrEqual(15);
    expect(new Set(words).size).toBe(words.length);
  });

  it('call a parameter by the eight names that docs/architecture.md gives', () => {
    const [, shapes = ''] = present(/One parameter has these shapes([^]*)$/.exec(glossary));
    expect([...shapes.matchAll(/`(\w+)`/g)].map(([, name = '']) => name).sort()).toEqual(SHAPES);
  });
});
