// Shows the bar of the OAuth2 sidecar below the menu. Plain ES5: the helpdesk's minifier knows nothing newer.
'use strict';

var OAuth2Sidecar = OAuth2Sidecar || {};

OAuth2Sidecar.Bar = (function () {
  var URL = 'index.pl?Action=AdminOAuth2TokenManagement;Subaction=Bar',
    STORED = 'OAuth2Sidecar.Bar',
    // A single failure may be the sidecar's restart.
    RETRY = 2500,
    // A pointer on its way to somewhere else does not rest. Milliseconds.
    REST = 500,
    TAB = 9,
    Boxes = null,
    Shown = '',
    Leaving = false;

  // Names the log-in without keeping its challenge token: one tab may see several log-ins, and what one of them saw is
  // not for the next.
  function Session() {
    var Logout = document.getElementById('LogoutButton'),
      Found = Logout ? /ChallengeToken=([^;&]+)/.exec(Logout.getAttribute('href')) : null,
      Digest = 5381,
      At;
    if (!Found) {
      return '';
    }
    for (At = 0; At < Found[1].length; At++) {
      Digest = (Digest * 33 + Found[1].charCodeAt(At)) % 4294967296;
    }
    return String(Digest);
  }

  // What the sidecar last said to this session: {Session, HTML, Away, Time}. It answers only those who have the right.
  function Remembered() {
    var Known;
    try {
      Known = JSON.parse(window.sessionStorage.getItem(STORED) || 'null');
    } catch (Fault) {
      Known = null;
    }
    return Known && Known.Session && Known.Session === Session() ? Known : null;
  }

  function Remember(Known) {
    try {
      if (Known) {
        window.sessionStorage.setItem(STORED, JSON.stringify(Known));
      } else {
        window.sessionStorage.removeItem(STORED);
      }
    } catch (Fault) {
      // Without storage the bar works, only a moment later.
    }
  }

  // The time of the page's animations stands still until its first frame.
  function IsPainted() {
    return Boolean(document.timeline) && document.timeline.currentTime > 0;
  }

  function MakeRoom() {
    Boxes.className = '';
    Boxes.style.height = '';
  }

  // Behind the helpdesk's own boxes, so that it never lies over one.
  function Before() {
    var Next = document.getElementById('NavigationContainer').nextElementSibling;
    while (Next && /\b(MessageBox|LastViewMenuBar)\b/.test(Next.className)) {
      Next = Next.nextElementSibling;
    }
    return Next;
  }

  // Read aloud by itself only where it comes late: what is there from the beginning is read with the page.
  function Place() {
    var Resting;
    Boxes = document.createElement('div');
    Boxes.setAttribute('data-oauth2-sidecar-bar', '1');
    Boxes.setAttribute('aria-live', 'polite');
    document.getElementById('NavigationContainer').parentNode.insertBefore(Boxes, Before());
    // Whoever wants what lies below: the pointer rests here, a finger touches, the keyboard goes on.
    Boxes.addEventListener('mouseenter', function () {
      Resting = window.setTimeout(MakeRoom, REST);
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

  // Nothing moves that has been seen: what comes late lies over the page until somebody wants what is below, or until the
  // next page, and what goes leaves its place empty.
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
      Boxes.style.height = Height + 'px';
      Boxes.className = Height > 0 ? 'OAuth2Over' : 'OAuth2Over OAuth2Line';
    }
  }

  function ShowAway(Known) {
    var Box = document.createElement('div'),
      Text = document.createElement('p');
    Box.className = 'MessageBox Error';
    Box.setAttribute('data-oauth2-sidecar', 'away');
    Box.setAttribute('role', 'alert');
    Text.appendChild(document.createTextNode('OAuth2: ' + Known.Away));
    Box.appendChild(Text);
    Show(Box.outerHTML + (Known.HTML || ''));
  }

  // Whoever is refused (401, 403) has no right, or no longer. Nobody else is told that the sidecar is away.
  function Answered(Request, Known) {
    var Away = Request.getResponseHeader('X-OAuth2-Sidecar-Away');
    if ((Request.status === 200 || Request.status === 204) && Away) {
      Known = {
        Session: Session(),
        HTML: Request.status === 200 ? Request.responseText : '',
        Away: decodeURIComponent(Away),
      };
      Remember(Known);
      Show(Known.HTML);
      return true;
    }
    if (Request.status === 401 || Request.status === 403) {
      Remember(null);
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
    // Popups and the log-in have no menu, and so no bar.
    if (!document.getElementById('NavigationContainer') || !window.XMLHttpRequest) {
      return;
    }
    Place();
    Known = Remembered();
    // At once, so that nothing moves after the page has been painted; the answer follows.
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
  // The script stands at the end of the page, after the menu.
  if (document.getElementById('NavigationContainer') || document.readyState !== 'loading') {
    Load();
  } else {
    document.addEventListener('DOMContentLoaded', Load);
  }

  return { Load: Load };
})();
