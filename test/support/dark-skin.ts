import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startApache } from '../lab/apache.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { lab } from './instance.js';

/**
 * Background, text and frames of the helpdesk's own parts, and nothing about ours: a site's skin does not know the
 * sidecar.
 */
const STYLE = `
* { text-shadow: none !important; }
body, #AppWrapper, .MainBox, .WidgetSimple, .WidgetSimple > .Content, .ActionRow, #Footer { background: #17191c; color: #d8dce1; }
.WidgetSimple, .DataTable td, fieldset { border-color: #3a3f45; }
.WidgetSimple > .Header, .WidgetSimple > .Header h2, .DataTable thead th, .DataTable thead th a { background: #24282d; color: #f1f3f5; }
.DataTable tbody td, .DataTable tr:nth-child(even) td, .DataTable tbody tr:hover td { background: #1d2024; color: #d8dce1; }
.BreadCrumb, .BreadCrumb > li { background: #24282d; color: #d8dce1; }
.BreadCrumb > li::before { border-left-color: #24282d; }
.BreadCrumb > li::after { border-left-color: #5a6169; }
.RTL .BreadCrumb > li::before, .RTL .BreadCrumb > li::after { border-left-color: transparent; border-right-color: #24282d; }
.RTL .BreadCrumb > li::after { border-right-color: #5a6169; }
.WidgetSimple, .BreadCrumb, .DataTable, #Footer { box-shadow: none; border-color: #3a3f45; }
.InputField_Container .InputField_Selection > div { background: #2f353c; color: #f1f3f5; }
a, .BreadCrumb > li > a { color: #7fb2f0; }
a:hover, a:focus { color: #a9cdfa; }
label, form label.Mandatory, h1, h2, h3, h4, legend { color: inherit !important; }
input, select, textarea { background: #0f1113 !important; color: #f1f3f5 !important; border: 1px solid #5a6169 !important; }
.CallForAction, .CallForAction:hover { background: #2f353c; color: #f1f3f5; border-color: #5a6169; box-shadow: none; }
.CallForAction > span, a.CallForAction { color: #f1f3f5; }
.MessageBox.Notice, .MessageBox.Warning { background: #3b2f12; }
.MessageBox.Error { background: #4a1620; }
.MessageBox.Success, .MessageBox.Info { background: #14331f; }
.MessageBox p, .MessageBox a { color: #f6e7c8; }
`;

const CONFIG = `package Kernel::Config::Files::DarkSkin;
use strict; use warnings; use utf8;
sub Load {
    my ( $File, $Self ) = @_;
    $Self->{'Loader::Agent::Skin'}->{'900-dark'} = { InternalName => 'dark', VisibleName => 'Dark', Description => 'Dark.', HomePage => '' };
    return;
}
1;
`;

/**
 * A dark skin as a site may have one: a folder and a setting. Its name for UserSkin is "dark". @returns how to remove
 * it
 */
export async function darkSkin(): Promise<() => Promise<void>> {
  const folder = path.join(lab.home, 'var/httpd/htdocs/skins/Agent/dark');
  const setting = path.join(lab.home, 'Kernel/Config/Files/DarkSkin.pm');
  const css = path.join(folder, 'css');
  mkdirSync(css, { recursive: true });
  writeFileSync(path.join(css, 'Core.Default.css'), STYLE);
  writeFileSync(setting, CONFIG);
  for (const made of [folder, css, setting]) giveToLabUser(made);
  // Its processes keep the settings that they started with.
  await startApache(lab);
  return async () => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(setting, { force: true });
    await startApache(lab);
  };
}
