import { expect } from 'chai';
import { fromHelpdeskTime, isTimeZone, toHelpdeskTime } from '../../plugin/lib/helpdesk-time.js';

const at = (iso: string): Date => new Date(iso);
const back = (text: string, zone: string): string | undefined => fromHelpdeskTime(text, zone)?.toISOString();

describe("dates in the helpdesk's time zone", () => {
  it('are written and read, with and without an offset', () => {
    for (const [iso, zone, text] of [
      ['2026-01-15T12:00:00.000Z', 'UTC', '2026-01-15 12:00:00'],
      ['2026-01-15T12:00:00.000Z', 'Europe/Berlin', '2026-01-15 13:00:00'],
      ['2026-07-15T22:30:59.000Z', 'Europe/Berlin', '2026-07-16 00:30:59'],
      ['2026-01-15T12:00:00.000Z', 'Asia/Kathmandu', '2026-01-15 17:45:00'],
      ['2026-01-01T00:00:00.000Z', 'America/St_Johns', '2025-12-31 20:30:00'],
      ['2026-01-15T12:00:00.000Z', 'Pacific/Kiritimati', '2026-01-16 02:00:00'],
    ] as const) {
      expect(toHelpdeskTime(at(iso), zone), zone).to.equal(text);
      expect(back(text, zone), zone).to.equal(iso);
    }
  });

  it('lose fractions of a second', () => {
    expect(toHelpdeskTime(at('2026-01-15T12:00:00.999Z'), 'UTC')).to.equal('2026-01-15 12:00:00');
    expect(toHelpdeskTime(at('2026-01-15T12:00:00.999Z'), 'Europe/Berlin')).to.equal('2026-01-15 13:00:00');
  });

  it('mean the later instant where a local time occurs twice, as in the helpdesk', () => {
    expect(toHelpdeskTime(at('2026-10-25T00:30:00Z'), 'Europe/Berlin')).to.equal('2026-10-25 02:30:00');
    expect(toHelpdeskTime(at('2026-10-25T01:30:00Z'), 'Europe/Berlin')).to.equal('2026-10-25 02:30:00');
    expect(back('2026-10-25 02:30:00', 'Europe/Berlin')).to.equal('2026-10-25T01:30:00.000Z');
    expect(back('2026-11-01 01:30:00', 'America/New_York')).to.equal('2026-11-01T06:30:00.000Z');
  });

  it('move past the gap where a local time does not occur', () => {
    expect(back('2026-03-29 02:30:00', 'Europe/Berlin')).to.equal('2026-03-29T01:30:00.000Z');
    expect(back('2026-03-29 01:59:59', 'Europe/Berlin')).to.equal('2026-03-29T00:59:59.000Z');
    expect(back('2026-03-29 03:00:00', 'Europe/Berlin')).to.equal('2026-03-29T01:00:00.000Z');
  });

  it('come back as the same instant for every quarter of an hour around both changes', () => {
    for (const start of ['2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z'])
      for (let step = 0; step < 150; step++) {
        const instant = at(start).getTime() + step * 900_000;
        const text = toHelpdeskTime(new Date(instant), 'Europe/Berlin');
        const read = (fromHelpdeskTime(text, 'Europe/Berlin') as Date).getTime();
        // The first of the two equal hours is read as the second one.
        const twice = toHelpdeskTime(new Date(instant + 3_600_000), 'Europe/Berlin') === text;
        expect(read, text).to.equal(twice ? instant + 3_600_000 : instant);
      }
  });

  it('are read as null where there is none; a time zone is told from any other word', () => {
    for (const text of [null, '', '0000-00-00 00:00:00', 'soon', '2026-01-15', '2026-13-45 00:00:00'])
      expect(fromHelpdeskTime(text, 'UTC'), String(text)).to.equal(null);
    expect([isTimeZone('Europe/Berlin'), isTimeZone('UTC'), isTimeZone('Nowhere/Town')]).to.deep.equal([
      true,
      true,
      false,
    ]);
  });
});
