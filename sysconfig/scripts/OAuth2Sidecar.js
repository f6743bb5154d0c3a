// Shows the bar of the OAuth2 sidecar below the menu, copies texts, leads back from the helpdesk's mail accounts, and
// runs what takes long in the overview without leaving the page.
// Plain ES5, because the helpdesk's minifier knows nothing newer.
'use strict';

var OAuth2Sidecar = OAuth2Sidecar || {};

// What this tab keeps under a name for the login that stored it: an object, whose property Session is ours. Without
// storage nothing is kept: the bar appears a moment later, and the overview is the way back.
OAuth2Sidecar.Memory = (function () {
  // Identifies the login without storing its challenge token. One tab may have several logins, and what one of them
  // saw must not be shown to the next.
  function Session() {
    var Logout = document.getElementById('LogoutButton'),
      // On the sidecar's own page, which has no menu.
      Page = document.querySelector('[data-oauth2-session]'),
      Found = Logout ? /ChallengeToken=([^;&]+)/.exec(Logout.getAttribute('href')) : null,
      Token = Found ? Found[1] : Page ? Page.getAttribute('data-oauth2-session') : '',
      Digest = 5381,
      At;
    if (!Token) {
      return '';
    }
    for (At = 0; At < Token.length; At++) {
      Digest = (Digest * 33 + Token.charCodeAt(At)) % 4294967296;
    }
    return String(Digest);
  }

  return function (Name) {
    return {
      Recall: function () {
        var Known;
        try {
          Known = JSON.parse(window.sessionStorage.getItem(Name) || 'null');
        } catch (Fault) {
          Known = null;
        }
        return Known && Known.Session && Known.Session === Session() ? Known : null;
      },
      // Forgets without an argument.
      Keep: function (Known) {
        try {
          if (Known) {
            Known.Session = Session();
            window.sessionStorage.setItem(Name, JSON.stringify(Known));
          } else {
            window.sessionStorage.removeItem(Name);
          }
        } catch (Fault) {
          // As if nothing had been kept.
        }
      },
    };
  };
})();

OAuth2Sidecar.Bar = (function () {
  var URL = 'index.pl?Action=AdminOAuth2TokenManagement;Subaction=Bar',
    Memory = OAuth2Sidecar.Memory('OAuth2Sidecar.Bar'),
    // A single failure may be a restart of the sidecar.
    RETRY = 2500,
    // A pointer that only passes does not rest for this long. Milliseconds.
    REST = 500,
    TAB = 9,
    Boxes = null,
    Shown = '',
    Leaving = false;

  // The timeline of the page's animations starts with the first frame.
  function IsPainted() {
    return Boolean(document.timeline) && document.timeline.currentTime > 0;
  }

  function MakeRoom() {
    Boxes.className = '';
    Boxes.style.height = '';
  }

  // At the foot of the window the bar would leave the pointer, so there it only shows all its lines.
  function Unfold() {
    if (/\bOAuth2Low\b/.test(Boxes.className)) {
      Boxes.className = 'OAuth2Over OAuth2Low';
    } else {
      MakeRoom();
    }
  }

  // After the helpdesk's own boxes, so that the bar never covers one.
  function Before() {
    var Next = document.getElementById('NavigationContainer').nextElementSibling;
    while (Next && /\b(MessageBox|LastViewMenuBar)\b/.test(Next.className)) {
      Next = Next.nextElementSibling;
    }
    return Next;
  }

  // A screen reader announces the bar only if it appears late; otherwise it is read as a part of the page.
  function Place() {
    var Resting;
    Boxes = document.createElement('div');
    Boxes.setAttribute('data-oauth2-sidecar-bar', '1');
    Boxes.setAttribute('aria-live', 'polite');
    document.getElementById('NavigationContainer').parentNode.insertBefore(Boxes, Before());
    // The whole bar appears where the pointer rests on it; in its place, where it is clicked or the Tab key is pressed.
    Boxes.addEventListener('mouseenter', function () {
      Resting = window.setTimeout(Unfold, REST);
    });
    Boxes.addEventListener('mouseleave', function () {
      window.clearTimeout(Resting);
    });
    Boxes.addEventListener('click', MakeRoom);
    document.addEventListener('keydown', function (Event) {
      if (Event.keyCode === TAB) {
        MakeRoom();
      }
    });
  }

  // Content that is already visible must not move, nor may the bar cover the path. A bar that appears late is at the foot
  // of the window until the user wants it, or until the next page; one that grows shows no more than before. A bar that
  // disappears leaves its place empty.
  function Show(HTML) {
    var Height = Boxes.offsetHeight;
    if (HTML === Shown) {
      return;
    }
    Shown = HTML;
    Boxes.innerHTML = HTML;
    if (!IsPainted()) {
      return;
    }
    Boxes.style.minHeight = Height + 'px';
    if (Boxes.offsetHeight > Height) {
      Boxes.style.height = Height > 0 ? Height + 'px' : '';
      Boxes.className = Height > 0 ? 'OAuth2Over' : 'OAuth2Over OAuth2Low OAuth2Line';
    }
  }

  function ShowAway(Known) {
    var Box = document.createElement('div'),
      Text = document.createElement('p');
    Box.className = 'MessageBox Error';
    Box.setAttribute('data-oauth2-sidecar', 'away');
    Box.setAttribute('role', 'alert');
    if (Known.Language) {
      Box.setAttribute('lang', Known.Language);
    }
    Text.appendChild(document.createTextNode('OAuth2: ' + Known.Away));
    Box.appendChild(Text);
    Show('<div class="OAuth2Bar">' + Box.outerHTML + '</div>' + (Known.HTML || ''));
  }

  // 401 and 403: the agent has no right for the screens. Only agents with the right see that the sidecar does not answer.
  function Answered(Request, Known) {
    var Away = Request.getResponseHeader('X-OAuth2-Sidecar-Away');
    if ((Request.status === 200 || Request.status === 204) && Away) {
      Known = {
        HTML: Request.status === 200 ? Request.responseText : '',
        Away: decodeURIComponent(Away),
        Language: Request.getResponseHeader('Content-Language'),
      };
      Memory.Keep(Known);
      Show(Known.HTML);
      return true;
    }
    if (Request.status === 401 || Request.status === 403) {
      Memory.Keep(null);
      Show('');
      return true;
    }
    return !Known;
  }

  function Ask(Known, Again) {
    var Request = new window.XMLHttpRequest();
    function Failed() {
      if (Leaving || !Known) {
        return;
      }
      if (Again) {
        window.setTimeout(function () {
          Ask(Known, false);
        }, RETRY);
      } else {
        ShowAway(Known);
      }
    }
    Request.open('GET', URL, true);
    Request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
    Request.timeout = 10000;
    Request.onload = function () {
      if (!Answered(Request, Known)) {
        Failed();
      }
    };
    Request.onerror = Failed;
    Request.ontimeout = Failed;
    Request.send();
  }

  function Load() {
    var Known;
    // Popups and the login page have no menu, and so no bar.
    if (!document.getElementById('NavigationContainer') || !window.XMLHttpRequest) {
      return;
    }
    Place();
    // The sidecar's last answer in this session: {HTML, Away, Language}. It answers only agents with the right for its screens.
    Known = Memory.Recall();
    // Show the last answer at once, so that nothing moves after the first paint; the new answer follows.
    if (Known) {
      Show(Known.HTML);
    }
    Ask(Known, true);
  }

  window.addEventListener('pagehide', function () {
    Leaving = true;
  });
  window.addEventListener('beforeunload', function () {
    Leaving = true;
  });
  // The script is loaded at the end of the page, after the menu.
  if (document.getElementById('NavigationContainer') || document.readyState !== 'loading') {
    Load();
  } else {
    document.addEventListener('DOMContentLoaded', Load);
  }

  return { Load: Load, Before: Before };
})();

OAuth2Sidecar.Steps = (function () {
  var URL = 'index.pl?Action=AdminOAuth2TokenManagement;Subaction=NextSteps;ID=',
    Memory = OAuth2Sidecar.Memory('OAuth2Sidecar.Steps');

  // Who opens the helpdesk's form of a mail account from our page finds a way back on the pages that follow.
  function Remember(Page) {
    var Links = Page.querySelectorAll('[data-oauth2-receive]'),
      At;
    function Leave() {
      Memory.Keep({
        ID: Page.getAttribute('data-oauth2-steps'),
        Text: Page.getAttribute('data-oauth2-back'),
        Language: Page.getAttribute('lang'),
      });
    }
    Memory.Keep(null);
    for (At = 0; At < Links.length; At++) {
      Links[At].addEventListener('click', Leave);
    }
  }

  function LeadBack() {
    var Known = Memory.Recall(),
      Box,
      Text,
      Link,
      Next;
    if (!Known || !/^\d+$/.test(Known.ID)) {
      return;
    }
    Box = document.createElement('div');
    Text = document.createElement('p');
    Link = document.createElement('a');
    Box.className = 'MessageBox Info';
    Box.setAttribute('data-oauth2-sidecar', 'steps');
    Box.setAttribute('lang', Known.Language || '');
    Link.setAttribute('href', URL + Known.ID);
    Link.appendChild(document.createTextNode(Known.Text));
    Text.appendChild(Link);
    Box.appendChild(Text);
    Next = OAuth2Sidecar.Bar.Before();
    document.getElementById('NavigationContainer').parentNode.insertBefore(Box, Next);
  }

  // By its path, because the helpdesk sets the page's Action later, and a saved form has none in its URL.
  function IsMailAccounts() {
    var Path = document.querySelector('.BreadCrumb');
    return Boolean(Path && Path.querySelector('a[href*="Action=AdminMailAccount"]'));
  }

  function Copy(Button) {
    var Text = document.getElementById(Button.getAttribute('data-oauth2-copy')),
      Label = Button.firstElementChild || Button,
      Before = Label.textContent,
      Range = document.createRange(),
      Selected = window.getSelection();
    if (!Text) {
      return;
    }
    Range.selectNodeContents(Text);
    Selected.removeAllRanges();
    Selected.addRange(Range);
    // The clipboard's own interface needs https, which a helpdesk being set up may not have yet.
    if (document.execCommand('copy')) {
      Label.textContent = Button.getAttribute('data-copied');
      window.setTimeout(function () {
        Label.textContent = Before;
      }, 2000);
    }
  }

  function PrepareCopy() {
    var Buttons = document.querySelectorAll('[data-oauth2-copy]'),
      At;
    function Clicked() {
      Copy(this);
    }
    for (At = 0; At < Buttons.length; At++) {
      Buttons[At].removeAttribute('hidden');
      Buttons[At].addEventListener('click', Clicked);
    }
  }

  function Load() {
    var Page = document.querySelector('[data-oauth2-steps]');
    PrepareCopy();
    if (Page) {
      Remember(Page);
    } else if (document.getElementById('NavigationContainer') && IsMailAccounts()) {
      LeadBack();
    }
  }

  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', Load);
  } else {
    Load();
  }

  return { Load: Load };
})();

OAuth2Sidecar.Rows = (function () {
  // When the row says that the answer takes long. Milliseconds.
  var SLOW = 3000;

  function RowOf(Page, ID) {
    return Page.querySelector('#OAuth2TokenConfigs tr[data-id="' + ID + '"]');
  }

  function Say(Row, Text) {
    var Place = Row.querySelector('.OAuth2Result');
    if (Place) {
      Place.textContent = Text;
    }
  }

  // The answer is a page of ours; anything else, such as the log-in page, says nothing.
  function Answer(Page) {
    var Texts = Page.querySelectorAll(
        '.MessageBox[data-oauth2-sidecar] > p:first-of-type, #OAuth2Fault p:not(.FieldExplanation)',
      ),
      All = [],
      At;
    for (At = 0; At < Texts.length && Page.querySelector('.OAuth2Screens'); At++) {
      // A page that reports no fault says it in its first box.
      if (At === 0 || Page.getElementById('OAuth2Fault')) {
        All.push(Texts[At].textContent.trim());
      }
    }
    return All.join(' ');
  }

  function Send(Method, URL, Body, Done) {
    var Request = new window.XMLHttpRequest();
    Request.open(Method, URL, true);
    Request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
    if (Body) {
      Request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8');
    }
    Request.onload = function () {
      Done(new window.DOMParser().parseFromString(Request.responseText, 'text/html'));
    };
    Request.onerror = function () {
      Done(document.implementation.createHTMLDocument(''));
    };
    Request.send(Body);
  }

  function Values(Form) {
    var Pairs = [],
      At;
    for (At = 0; At < Form.elements.length; At++) {
      if (Form.elements[At].name) {
        Pairs.push(
          encodeURIComponent(Form.elements[At].name) + '=' + encodeURIComponent(Form.elements[At].value),
        );
      }
    }
    return Pairs.join('&');
  }

  // Puts the focus on the same action again, or on the menu that has it now.
  function Focus(Row, Label) {
    var Buttons = Row.querySelectorAll('button, a'),
      At;
    for (At = 0; At < Buttons.length; At++) {
      if (Buttons[At].getAttribute('aria-label') === Label && Buttons[At].getClientRects().length > 0) {
        Buttons[At].focus();
        return;
      }
    }
    Row.querySelector('.OAuth2Menu summary').focus();
  }

  // Shows the row as it is now, with the result of what was done.
  function Refresh(Overview, ID, Text, Label, IsTested) {
    Send('GET', window.location.href.replace(/[;&]Notice=[^;&#]*/, ''), null, function (Page) {
      var New = RowOf(Page, ID),
        Old = RowOf(document, ID),
        Count = Page.querySelector('.OAuth2Attention'),
        Before = Overview.querySelector('.OAuth2Attention'),
        HadFocus;
      if (!Old) {
        return;
      }
      Old.removeAttribute('data-oauth2-busy');
      if (New) {
        HadFocus = Old.contains(document.activeElement);
        New = document.importNode(New, true);
        Old.parentNode.replaceChild(New, Old);
        if (HadFocus) {
          Focus(New, Label);
        }
      }
      if (Before) {
        Before.innerHTML = Count ? Count.innerHTML : '';
      }
      // The result of a test stands in the row already, with the way to what is wrong.
      if (!New || !IsTested || !New.querySelector('.OAuth2Result a')) {
        Say(New || Old, Text);
      }
    });
  }

  function Run(Overview, Form) {
    var Row = Form,
      Label = Form.querySelector('button').getAttribute('aria-label'),
      Later,
      ID;
    while (Row.nodeName !== 'TR') {
      Row = Row.parentNode;
    }
    ID = Row.getAttribute('data-id');
    if (Row.getAttribute('data-oauth2-busy')) {
      return;
    }
    Row.setAttribute('data-oauth2-busy', '1');
    Say(Row, Form.getAttribute('data-oauth2-run'));
    Later = window.setTimeout(function () {
      Say(Row, Form.getAttribute('data-oauth2-run') + ' ' + Overview.getAttribute('data-oauth2-slow'));
    }, SLOW);
    Send('POST', Form.action, Values(Form), function (Page) {
      window.clearTimeout(Later);
      Refresh(
        Overview,
        ID,
        Answer(Page) || Overview.getAttribute('data-oauth2-lost'),
        Label,
        Boolean(Page.getElementById('MailboxTest')),
      );
    });
  }

  function Load() {
    var Overview = document.getElementById('OAuth2Overview');
    if (!Overview || !window.XMLHttpRequest || !window.DOMParser) {
      return;
    }
    Overview.addEventListener('submit', function (Event) {
      if (Event.target.getAttribute('data-oauth2-run')) {
        Event.preventDefault();
        Run(Overview, Event.target);
      }
    });
  }

  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', Load);
  } else {
    Load();
  }

  return { Load: Load };
})();
