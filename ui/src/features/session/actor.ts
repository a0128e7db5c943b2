import { useMe } from './session';

const SHOWN = 8;

/** The words of an actor: one's own name; of somebody else the end of the account's number, which the trail names in full. */
export function useActorName(): (actor: string | null) => string {
  const me = useMe().data;
  return (actor) => {
    if (actor === null) return '—';
    if (me && actor === `user:${me.id}`) return me.display_name;
    const [, id = actor] = actor.split(':');
    return id.length > SHOWN ? `…${id.slice(-SHOWN)}` : id;
  };
}
