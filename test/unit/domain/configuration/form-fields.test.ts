import { expect } from 'chai';
import {
  hasValue,
  isOwnOption,
  placeOf,
  storedAt,
} from '../../../../plugin/domain/configuration/form-field.js';
import { FORM_FIELDS, FORM_SECTIONS, fieldsOf } from '../../../../plugin/domain/configuration/form-fields.js';
import { applyForm, formOf } from '../../../../plugin/domain/configuration/token-config-form.js';
import { isSecretName } from '../../../../plugin/lib/secret-names.js';
import { callCli } from '../../../support/cli.js';
import { clientCredentials } from '../../../support/client-credentials.js';
import { documentOf } from '../../../support/samples.js';
import { serviceAccount } from '../../../support/service-account.js';

const names = FORM_FIELDS.map(({ name }) => name);

describe('the table of form fields', () => {
  it('names each field and each key once', () => {
    expect(names).to.deep.equal([...new Set(names)]);
    const keys = FORM_FIELDS.flatMap(({ key }) => (key === undefined ? [] : [key]));
    expect(keys).to.deep.equal([...new Set(keys)]);
  });

  it('is in the order of the parts of the page', () => {
    const order = Object.keys(FORM_SECTIONS);
    const places = FORM_FIELDS.map(({ section }) => order.indexOf(section));
    expect(places).to.deep.equal([...places].sort((one, other) => one - other));
  });

  it('marks as secret exactly those fields whose names are hidden everywhere else', () => {
    const last = FORM_FIELDS.map((field) => ({ field, name: placeOf(field).at(-1) ?? field.name }));
    expect(last.filter(({ name }) => isSecretName(name)).map(({ field }) => field.name)).to.deep.equal(
      FORM_FIELDS.filter(({ kind }) => kind === 'secret').map(({ name }) => name),
    );
  });

  it('defines the form: a value for every field that has one, and nothing else', () => {
    expect(Object.keys(formOf(documentOf()))).to.deep.equal(
      FORM_FIELDS.filter(hasValue).map(({ name }) => name),
    );
  });

  for (const [kind, value, stored] of [
    ['text', 'a text', 'a text'],
    ['date', '2027-12-31', '2027-12-31'],
    ['address', 'https://a.example.org/', 'https://a.example.org/'],
    ['endpoint', 'https://a.example.org/', 'https://a.example.org/'],
    ['scopes', 'one two', 'one two'],
    ['switch', true, 1],
    ['switch', false, 0],
  ] as const)
    for (const field of FORM_FIELDS.filter((one) => one.kind === kind && placeOf(one).length > 0))
      it(`stores ${field.name} where its key says, and reads it from there: ${value}`, () => {
        const asked = [documentOf(), clientCredentials(), serviceAccount()];
        const document = asked.find((one) => fieldsOf(one).includes(field)) ?? documentOf();
        const saved = applyForm(document, { ...formOf(document), [field.name]: value });
        const isDefault = isOwnOption(field) && value === (field.isOn ?? false);
        expect(storedAt(field, saved)).to.equal(isDefault ? undefined : stored);
        expect(formOf(saved)).to.include({ [field.name]: value });
        // The stored document comes from the key alone.
        expect(applyForm(saved, formOf(document))).to.deep.equal(document);
      });

  it('is listed by the help of config import', async () => {
    const { out } = await callCli('config', 'import', '--help');
    const lines = out.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(lines).to.deep.include(['Config.Sidecar.PKCE', 'Use PKCE: 1 (default) or 0']);
    expect(lines).to.deep.include(['ValidID', 'Validity: 1 valid, 2 invalid, 3 invalid-temporarily']);
    const keys = lines.map(([first]) => first);
    expect(
      FORM_FIELDS.flatMap(({ key }) => (key === undefined || keys.includes(key) ? [] : [key])),
    ).to.deep.equal([]);
  });
});
