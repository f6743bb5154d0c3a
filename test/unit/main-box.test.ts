import { expect } from 'chai';
import { replaceMainBox } from '../../plugin/helpdesk/main-box.js';

const page = (box: string) =>
  `<html><head><title>Admin - Znuny</title></head><body><div id="NavigationContainer"></div><div class="MessageBox">theirs</div>${box}<div id="Footer">footer</div></body></html>`;
const content = {
  mainBox: '<p>ours $& $1</p>',
  notifications: '<div>note</div>',
  title: 'A <b> & $& "title"',
};

describe('our content in the page of the helpdesk', () => {
  it('replaces the main box and nothing else', () => {
    const box = `<div class="MainBox ARIARoleMain"><div><div>x</div></div><!-- </div> --><script>var a = "</div>";</script></div>`;
    const framed = replaceMainBox(page(box), content);
    expect(framed).to.contain('<div class="MessageBox">theirs</div><div>note</div>');
    expect(framed).to.contain('<p>ours $& $1</p></div><div id="Footer">footer</div>');
    expect(framed).to.not.contain('<div>x</div>').and.not.contain('var a');
  });

  it('keeps the product in the title and escapes ours', () => {
    const framed = replaceMainBox(page('<div class="MainBox"></div>'), content);
    expect(framed).to.contain('<title>A &lt;b&gt; &amp; $&amp; &quot;title&quot; - Znuny</title>');
  });

  it('knows a log-in page, a page without a main box, and a broken one', () => {
    expect(replaceMainBox('<div class="MainBox"></div>', content)).to.equal(null);
    expect(replaceMainBox(page('<div class="Other"></div>'), content)).to.equal(null);
    expect(replaceMainBox(page('<div class="MainBox"><div>').replaceAll('</div>', ''), content)).to.equal(
      null,
    );
  });
});
