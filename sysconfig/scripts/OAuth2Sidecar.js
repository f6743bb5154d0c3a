// Shows the bar of the OAuth2 sidecar below the menu. Plain ES5: the helpdesk's minifier knows nothing newer.
'use strict';

var OAuth2Sidecar = OAuth2Sidecar || {};

OAuth2Sidecar.Bar = (function () {
  function Insert(HTML) {
    var Boxes = document.createElement('div'),
      Navigation = document.getElementById('NavigationContainer'),
      Next = Navigation ? Navigation.nextSibling : null;
    if (!Navigation || document.querySelector('[data-oauth2-sidecar-bar]')) {
      return;
    }
    Boxes.setAttribute('data-oauth2-sidecar-bar', '1');
    Boxes.innerHTML = HTML;
    Navigation.parentNode.insertBefore(Boxes, Next);
  }

  function Load() {
    var Request;
    // Popups and the log-in have no menu, and so no bar.
    if (!document.getElementById('NavigationContainer') || !window.XMLHttpRequest) {
      return;
    }
    Request = new window.XMLHttpRequest();
    Request.open('GET', 'index.pl?Action=AdminOAuth2TokenManagement;Subaction=Bar', true);
    Request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
    Request.timeout = 10000;
    Request.onload = function () {
      if (Request.status === 200 && Request.responseText.indexOf('data-oauth2-sidecar') > 0) {
        Insert(Request.responseText);
      }
    };
    Request.send();
  }

  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', Load);
  } else {
    Load();
  }

  return { Load: Load };
})();
