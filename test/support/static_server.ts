import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {extname, join} from 'node:path';

import {present} from './present';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

export interface StaticServer {
  readonly url: string;
  close(): void;
}

/** Serves the files of a folder below `path`, such as `/some/where/`, and nothing else; with these headers. */
export async function serveFolder(
  folder: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const asked = new URL(present(request.url), 'http://localhost').pathname;
    const file = asked.endsWith('/') ? `${asked}index.html` : asked;
    const content = file.startsWith(path)
      ? readFile(join(folder, file.slice(path.length)))
      : Promise.reject(new Error('elsewhere'));
    content.then(
      bytes => {
        // Browsers sniff the type of other files.
        response
          .writeHead(200, {...headers, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream'})
          .end(bytes);
      },
      () => {
        response.writeHead(404).end();
      },
    );
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}${path}`,
    close: () => {
      server.close();
    },
  };
}
