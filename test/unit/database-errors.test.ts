import { expect } from 'chai';
import { errors } from '../../db/dialect/mysql/errors.js';
import type { SidecarError } from '../../plugin/errors.js';

describe('errors of MariaDB and MySQL', () => {
  const codeOf = (code: string, errno: number) =>
    (errors.translate(Object.assign(new Error('hush'), { code, errno }), 'tokens.save') as SidecarError).code;

  it('count a Galera node outside its cluster as an unavailable database, and a full table as our own fault', () => {
    expect(codeOf('ER_UNKNOWN_COM_ERROR', 1047)).to.equal('database-unavailable');
    expect(codeOf('ER_RECORD_FILE_FULL', 1114)).to.equal('internal');
  });
});
