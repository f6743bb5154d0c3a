import { expect } from 'chai';
import { replaceMainBox } from '../../plugin/helpdesk/main-box.js';

const page = (box: string) =>
  `<html><head><title>Admin - Znuny</title></head><body><div id="NavigationContainer"></div><div class="MessageBox">theirs</div>${box}<div id="Footer">footer</div></body></html>`;
const content = {
  mainBox: '<p>ours $& $1</p>',
  notifications: '<div>note</div>',
  skipLink: '<a href="#c">$& skip</a>',
  title: 'A <b> & $& "title"',
  lang: 'en',
};

describe("our content in the helpdesk's page", () => {
  it('replaces the main box and nothing else', () => {
    const box = `<div class="MainBox ARIARoleMain"><div><div>x</div></div><!-- </div> --><script>var a = "</div>";</script></div>`;
    const framed = replaceMainBox(page(box), content);
    expect(framed).to.contain('<div class="MessageBox">theirs</div><div>note</div>');
    expect(framed).to.contain('<p>ours $& $1</p></div><div id="Footer">footer</div>');
    expect(framed).to.not.contain('<div>x</div>').and.not.contain('var a');
    expect(framed).to.contain('<body>\n<a href="#c">$& skip</a><div id="NavigationContainer">');
  });

  it("keeps the product's name in the title; our own title is escaped", () => {
    const framed = replaceMainBox(page('<div class="MainBox"></div>'), content);
    expect(framed).to.contain('<title lang="en">A &lt;b&gt; &amp; $&amp; &quot;title&quot; - Znuny</title>');
  });

  it('is the only main box, also where the helpdesk refuses its own page in a second one', () => {
    const refused =
      '<div class="MainBox ARIARoleMain ActionsSideBar"><div>x</div></div><p>between</p><div class="MainBox ARIARoleMain"><div class="ErrorScreen"><h1>Insufficient Rights</h1></div></div>';
    const framed = replaceMainBox(page(refused), content) ?? '';
    expect(framed.match(/class="MainBox/g)).to.have.length(1);
    expect(framed).to.not.contain('Insufficient Rights');
    expect(framed).to.contain('</p></div><p>between</p><div id="Footer">footer</div>');
  });

  it('is not put into a log-in page, a page without a main box, or a broken page', () => {
    expect(replaceMainBox('<div class="MainBox"></div>', content)).to.equal(null);
    expect(replaceMainBox(page('<div class="Other"></div>'), content)).to.equal(null);
    expect(replaceMainBox(page('<div class="MainBox"><div>').replaceAll('</div>', ''), content)).to.equal(
      null,
    );
  });

  it('fits into Znuny 7, where path and heading are inside the main box', () => {
    const before =
      '<html><head><title>Tokens - Admin - Znuny</title></head><body class="x"><div id="AppWrapper"><div id="Header"><a id="LogoutButton"></a></div><div id="NavigationContainer"><ul id="Navigation"></ul></div><div class="LastViewMenuBar"><div></div></div>';
    const box =
      '<div class="MainBox ARIARoleMain LayoutFixedSidebar SidebarFirst ActionsSideBar AdminManagement"><div class="SidebarColumn ActionsSideBarComp"><div class="WidgetSimple"></div></div><div class="ContentColumn"><ul class="BreadCrumb"></ul><h1>Tokens</h1></div></div>';
    const after = '<div id="Footer"></div></div><script>var Box = "<div>";</script></body></html>';
    const framed = replaceMainBox(before + box + after, { ...content, title: 'Ours' });
    expect(framed).to.equal(
      `${before.replace('<title>Tokens - Admin', '<title lang="en">Ours').replace('<body class="x">', (body) => `${body}\n${content.skipLink}`)}<div>note</div>\n<div class="MainBox ARIARoleMain LayoutFixedSidebar SidebarFirst ActionsSideBar OAuth2Screens" lang="en"><p>ours $& $1</p></div>${after}`,
    );
  });
});
