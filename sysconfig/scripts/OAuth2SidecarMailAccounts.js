// Shows on the helpdesk's page of mail accounts how each mailbox that signs in with OAuth2 is doing, and fills in the form
// for a new one.
// Plain ES5, because the helpdesk's minifier knows nothing newer.
'use strict';

var OAuth2Sidecar = OAuth2Sidecar || {};

OAuth2Sidecar.MailAccounts = (function () {
  var URL = 'index.pl?Action=AdminOAuth2TokenManagement;Subaction=MailAccounts';

  // ID of an account -> the cell with the link to its form.
  function Cells(Table) {
    var Links = Table.querySelectorAll('tbody a[href]'),
      Found = {},
      Match,
      At;
    for (At = 0; At < Links.length; At++) {
      Match = /[?;&]Subaction=Update[;&]ID=(\d+)/.exec(Links[At].getAttribute('href'));
      if (Match) {
        Found[Match[1]] = Links[At].parentNode;
      }
    }
    return Found;
  }

  // The states in an answer, and nothing else of it: where the web server lacks the rules, another page answers, with the
  // challenge token in it.
  function States(HTML) {
    var Nodes = new window.DOMParser()
        .parseFromString(HTML, 'text/html')
        .querySelectorAll('[data-oauth2-account]'),
      Text = '',
      At;
    for (At = 0; At < Nodes.length; At++) {
      Text += Nodes[At].outerHTML;
    }
    return Text;
  }

  function Show(Table, HTML) {
    var Old = Table.querySelectorAll('[data-oauth2-account]'),
      New = new window.DOMParser()
        .parseFromString(HTML, 'text/html')
        .querySelectorAll('[data-oauth2-account]'),
      Found = Cells(Table),
      Cell,
      At;
    for (At = 0; At < Old.length; At++) {
      Old[At].parentNode.removeChild(Old[At]);
    }
    for (At = 0; At < New.length; At++) {
      Cell = Found[New[At].getAttribute('data-oauth2-account')];
      if (Cell) {
        Cell.appendChild(document.importNode(New[At], true));
      }
    }
  }

  // Some helpdesks leave these fields of their form empty, whatever the address names.
  function Fill() {
    var Fields = { Login: 'LoginAdd', Host: 'HostAdd' },
      Pairs = window.location.search.substring(1).split(/[;&]/),
      Pair,
      Field,
      At;
    for (At = 0; At < Pairs.length; At++) {
      Pair = /^(Login|Host)=([^=]*)$/.exec(Pairs[At]);
      Field = Pair && document.getElementById(Fields[Pair[1]]);
      if (Field && Field.value === '') {
        try {
          Field.value = decodeURIComponent(Pair[2]);
        } catch (Malformed) {
          Field.value = '';
        }
      }
    }
  }

  function Load() {
    var Table = document.getElementById('MailAccounts'),
      Memory,
      Known,
      Request;
    Fill();
    if (!Table || !OAuth2Sidecar.Memory || !window.XMLHttpRequest || !window.DOMParser) {
      return;
    }
    Memory = OAuth2Sidecar.Memory('OAuth2Sidecar.MailAccounts');
    Known = Memory.Recall();
    // What was seen last comes first, so that no row moves under the pointer when the answer arrives.
    if (Known) {
      Show(Table, Known.HTML);
    }
    Request = new window.XMLHttpRequest();
    // Nobody may take an old state for that of now.
    function Ended() {
      var HTML = Request.status === 200 ? States(Request.responseText) : '';
      Memory.Keep(HTML ? { HTML: HTML } : null);
      Show(Table, HTML);
    }
    Request.open('GET', URL, true);
    Request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
    Request.timeout = 10000;
    Request.onload = Ended;
    Request.onerror = Ended;
    Request.ontimeout = Ended;
    Request.send();
  }

  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', Load);
  } else {
    Load();
  }

  return { Load: Load };
})();
