const escapeHtml = (text: string) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** One page for sign-in and consent. @param uid the interaction's ID @param scope the scope that the client asks for */
export const consentPage = (uid: string, scope: string, account: string) => `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Lab provider: consent</title>
<style>body { font: 16px sans-serif; max-width: 34em; margin: 4em auto } button { font: inherit; padding: .5em 2em }</style></head>
<body><h1>Lab provider</h1>
<p>The helpdesk asks for access to a mailbox: <code>${escapeHtml(scope)}</code></p>
<form method="post" action="/interaction/${escapeHtml(uid)}">
<p><label>Mailbox <input name="account" value="${escapeHtml(account)}" size="30"></label></p>
<p><button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button></p>
</form></body></html>`;
