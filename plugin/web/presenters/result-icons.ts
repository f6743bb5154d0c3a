/** Icons of the helpdesk's own Font Awesome; a word always accompanies them. */
export const RESULT_ICONS = {
  ok: 'fa-check-circle',
  warning: 'fa-exclamation-triangle',
  fault: 'fa-times-circle',
  skipped: 'fa-minus-circle',
  unknown: 'fa-question-circle',
} as const;
