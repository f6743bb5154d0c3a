import { lab } from '../../support/instance.js';

/** Beside those of the lab, whose base is theirs as well. */
const BASE = lab.ports.mariadb - 306 + 700;

export const PORTS = {
  mariadb: BASE,
  provider: BASE + 1,
  /** Between the sidecar of this number and its database. */
  proxy: (number: number) => BASE + 10 + number,
  sidecar: (number: number) => BASE + 20 + number,
};
