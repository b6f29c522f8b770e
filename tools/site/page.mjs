// What TypeDoc's pages lack, most of it for screen readers.

/** The page with landmarks, levels of headings without gaps, and no empty headers in tables. */
export function accessible(html) {
  return withWholeTitles(withLevels(html))
    .replace('<div class="col-content">', '<div class="col-content" role="main">')
    .replace('<div class="page-menu">', '<div class="page-menu" role="navigation" aria-label="This page">')
    .replace(
      '<nav id="tsd-sidebar-links" class="tsd-navigation">',
      '<nav id="tsd-sidebar-links" class="tsd-navigation" aria-label="Site">',
    )
    .replaceAll('<nav class="tsd-navigation">', '<nav class="tsd-navigation" aria-label="Reference and pages">')
    .replace(/<th( [^>]*)?><\/th>/g, '<td$1></td>');
}

/** Puts the words between backticks, which TypeDoc leaves out, into the list of a page's headings. */
function withWholeTitles(html) {
  const titles = new Map(
    [...html.matchAll(/<h[1-6][^>]* id="([^"]*)"[^>]*>([^]*?)<a href="#\1" aria-label="Permalink"/g)].map(
      ([, id, title]) => [id, title.replace(/<[^>]*>/g, '')],
    ),
  );
  return html.replace(/(<a href="#([^"]*)"><span>)[^]*?(<\/span><\/a>)/g, (link, begin, id, end) => {
    const title = titles.get(id);
    return title === undefined ? link : begin + title + end;
  });
}

/** Says the level of each heading that is more than one below the heading that it belongs to. */
function withLevels(html) {
  /** The headings around the present one: the level of their tag, and the level that they have. */
  const around = [];
  return html.replace(/<h([1-6])([ >])/g, (tag, digit, end) => {
    const written = Number(digit);
    while (around.length > 0 && around.at(-1).written >= written) around.pop();
    const level = (around.at(-1)?.level ?? 0) + 1;
    around.push({written, level});
    return level === written ? tag : `<h${digit} aria-level="${level}"${end}`;
  });
}
