import {basename} from 'node:path';

import js from '@eslint/js';
import comments from '@eslint-community/eslint-plugin-eslint-comments/configs';
import {defineConfig, globalIgnores} from 'eslint/config';
import importSort from 'eslint-plugin-simple-import-sort';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', 'demo/**/*.ts'];

const snakeCaseFiles = {
  meta: {type: 'suggestion', schema: [], messages: {name: 'File names are snake_case: {{name}}'}},
  create: context => ({
    Program(node) {
      const name = basename(context.filename);
      if (!/^[a-z][a-z0-9_]*(\.d)?\.(ts|mjs)$/.test(name)) context.report({node, messageId: 'name', data: {name}});
    },
  }),
};

// So that src never leans on Node by accident: these types are there for the tests.
const NODE_GLOBALS = ['process', 'Buffer', 'require', 'module', 'global', '__dirname', '__filename', 'setImmediate'];

export default defineConfig(
  globalIgnores(['dist/', 'out/', 'node_modules/']),
  {linterOptions: {reportUnusedDisableDirectives: 'error'}},
  js.configs.recommended,
  comments.recommended,
  {
    plugins: {'import-sort': importSort},
    rules: {
      'import-sort/imports': 'error',
      'import-sort/exports': 'error',
      'arrow-body-style': 'error',
      'prefer-arrow-callback': 'error',
      'object-shorthand': 'error',
      '@eslint-community/eslint-comments/require-description': 'error',
      '@eslint-community/eslint-comments/disable-enable-pair': ['error', {allowWholeFile: true}],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'URL', 'setTimeout', 'clearTimeout', 'performance'].map(name => [name, 'readonly']),
      ),
    },
  },
  {
    // It runs in the pages of the site.
    files: ['tools/site/navigation.js'],
    languageOptions: {globals: {document: 'readonly', MutationObserver: 'readonly'}},
  },
  {
    // The specs and consumers of the packed package are plain JavaScript, as its users' may be.
    files: ['test/package/**'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'describe',
          'it',
          'expect',
          'expectAsync',
          'beforeAll',
          'afterAll',
          'globalThis',
          'postMessage',
          'require',
          'console',
        ].map(name => [name, 'readonly']),
      ),
    },
    rules: {'no-restricted-globals': ['error', 'fit', 'fdescribe']},
  },
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    plugins: {house: {rules: {'snake-case-files': snakeCaseFiles}}},
    rules: {
      'house/snake-case-files': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', {assertionStyle: 'never'}],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        {allowNumber: true, allowBoolean: true, allowArray: true},
      ],
      '@typescript-eslint/no-unnecessary-condition': ['error', {allowConstantLoopConditions: true}],
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      // `{}` is what a callback that declares nothing adds to its types.
      '@typescript-eslint/no-empty-object-type': ['error', {allowObjectTypes: 'always'}],
      // tfjs-layers types datasets by a class of its own, which no dataset of tfjs-data is an instance of.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"])[accessibility="private"]',
          message: 'Private members are #names.',
        },
        {
          selector: 'TSParameterProperty[accessibility="private"]',
          message: 'Private members are #names, set in the constructor.',
        },
      ],
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_'}],
    },
  },
  {
    // A focused spec left behind would skip all others and still be green.
    files: ['test/**/*.ts'],
    rules: {'no-restricted-globals': ['error', 'fit', 'fdescribe']},
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', {max: 300, skipBlankLines: true, skipComments: true}],
      'no-restricted-globals': ['error', ...NODE_GLOBALS],
      'no-restricted-imports': ['error', {patterns: ['node:*']}],
      'no-console': ['error', {allow: ['warn']}],
    },
  },
  {
    // Entries for Node alone, which nothing else in src imports.
    files: ['src/file_system/*.ts', 'src/node_webgpu/*.ts'],
    rules: {'no-restricted-imports': 'off'},
  },
);
