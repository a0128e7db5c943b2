import { queryClient } from '../../api/query-client';
import { whoIsIt } from '../session/session';
import { chosenOf, tree } from './clinics';
import { countsOf, filterOf, workListOf } from './work-list';

/** Ask for today's work as soon as its clinic is known, while the page around it is still being drawn. */
export async function askEarly(): Promise<void> {
  await Promise.all([queryClient.prefetchQuery(whoIsIt), queryClient.prefetchQuery(tree)]);
  const me = queryClient.getQueryData(whoIsIt.queryKey);
  if (!me?.rights.includes('people.read') || me.must_change_password) return; // it would be refused, and noted
  const address = new URLSearchParams(location.search);
  const chosen = chosenOf(queryClient.getQueryData(tree.queryKey)?.items ?? [], address.get('clinic'));
  if (!chosen) return;
  const filter = filterOf(chosen.id, (key) => address.get(key));
  await Promise.all([queryClient.prefetchInfiniteQuery(workListOf(filter)), queryClient.prefetchQuery(countsOf(filter))]);
}
