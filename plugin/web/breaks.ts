/**
 * Escaped text in which a long name may break between its parts (`SendmailModule::|OAuth2|Token|Config|Name`,
 * `https://host/|scope`, `support|@example.com`), and in which an option of a command stays whole.
 * @param html text without markup, already escaped
 */
export const withBreaks = (html: string): string =>
  html
    .replace(/(?<=::)\w{20,}/g, (name) => name.replace(/(?<=[a-z\d])(?=[A-Z])/g, '<wbr>'))
    .replace(/(?<=[^\s/])\/(?=[^\s/])/g, '/<wbr>')
    .replace(/::(?=\w)/g, '::<wbr>')
    .replace(/(?<=\S)@(?=\w)/g, '<wbr>@')
    .replace(/(?<!\S)--[a-z][\w-]{0,30}/g, '<span class="OAuth2Whole">$&</span>');
