/**
 * To run in a page: words of our part of the page that stand on two lines although one would hold them, and words that
 * leave the box around them. A word is a run of letters and digits, or an option of a command.
 */
export const BROKEN_WORDS = `(() => {
  const found = [];
  const roots = document.querySelectorAll('.MainBox.OAuth2Screens, .OAuth2Bar, .MessageBox[data-oauth2-sidecar]');
  for (const root of roots) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      let box = text.parentElement;
      if (!box.checkVisibility({ visibilityProperty: true }) || box.closest('.InvisibleText, .OAuth2Hidden, .InputField_Container, script, style, option')) continue;
      while (getComputedStyle(box).display.startsWith('inline')) box = box.parentElement;
      const { left, right } = box.getBoundingClientRect();
      for (const { 0: word, index } of text.data.matchAll(/(?<!\\S)--[\\w-]+|[\\p{L}\\d]+/gu)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const lines = [...range.getClientRects()].filter(({ width }) => width > 0);
        const width = lines.reduce((sum, line) => sum + line.width, 0);
        const leaves = lines.some((line) => line.left < left - 1 || line.right > right + 1);
        if ((new Set(lines.map(({ top }) => Math.round(top))).size > 1 && width < box.clientWidth - 24) || leaves)
          found.push((leaves ? 'leaves its box: ' : 'broken: ') + word + ' in ' + text.data.trim().slice(0, 80));
      }
    }
  }
  return found;
})()`;
