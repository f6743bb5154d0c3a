import { lab } from '../../support/instance.js';

/** Next to those of the lab, and with the same base. */
const BASE = lab.ports.mariadb - 306 + 700;

export const PORTS = {
  mariadb: BASE,
  provider: BASE + 1,
  /** Between the sidecar of this number and its database. */
  proxy: (number: number) => BASE + 10 + number,
  sidecar: (number: number) => BASE + 20 + number,
};
