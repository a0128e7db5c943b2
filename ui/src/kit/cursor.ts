/** What `useInfiniteQuery` needs besides key and function for a list by cursor. */
export const byCursor = {
  initialPageParam: '',
  getNextPageParam: (page: { readonly next_cursor?: string | null }) => page.next_cursor,
};

export const cursorOf = (cursor: string): { cursor?: string } => (cursor ? { cursor } : {});
