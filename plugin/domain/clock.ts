/** The time now; tests replace it. */
export type Clock = () => Date;
