/** "Page 3 of 12" with links to its neighbours; null if everything fits on one page. */
export function presentPages(page: number, total: number, size: number, urlOf: (page: number) => string) {
  const last = Math.max(1, Math.ceil(total / size));
  if (last === 1 && page === 1) return null;
  return {
    page,
    last,
    first: page > 2 ? urlOf(1) : '',
    previous: page > 1 ? urlOf(Math.min(page - 1, last)) : '',
    next: page < last ? urlOf(page + 1) : '',
    end: page < last - 1 ? urlOf(last) : '',
  };
}
