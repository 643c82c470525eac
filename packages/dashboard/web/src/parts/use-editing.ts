import { useState, type Dispatch, type SetStateAction } from 'react';
import { Failure } from '../api/failure';
import type { Tagged } from '../api/tag';
import { changesOf, mergeForms, type Change, type Facts } from './newer';
import { useAction, type Action } from './use-action';

interface EditingOptions<T, F> {
  /** The initial value of the form. Later values are ignored: an open form does not change by itself. */
  opened: Tagged<T>;
  toForm: (value: T) => F;
  /** Describes everything that the form shows of a value. */
  factsOf: (value: T) => Facts;
  /** Whether the form covers values that nobody can read, such as secrets. If so, every change is reported. */
  hidden?: boolean;
  read: () => Promise<Tagged<T>>;
  /** Sends the form with the tag of `stored` as its condition. */
  save: (form: F, stored: Tagged<T>) => Promise<Tagged<T>>;
}

export interface Editing<T, F> {
  form: F;
  setForm: Dispatch<SetStateAction<F>>;
  /** The form without the person's edits. */
  before: F;
  /** The value that was read or saved last. */
  stored: T;
  action: Action<[]>;
  /** What someone else had changed when this form was saved; null if nothing. */
  changes: readonly Change[] | null;
  /** Replaces the person's edits with the newer values. */
  takeNewer: () => void;
}

/** The attempts to save. Without this limit, someone who saves constantly could keep this form from ever finishing. */
const ROUNDS = 3;

/**
 * A form for an object that others may change at the same time. It is saved only on top of the values that the person
 * has seen. Otherwise nothing is saved, the person sees what changed, and their edits stay in the form. A change that
 * the form does not show, such as a pause of the endpoint, does not count.
 */
export function useEditing<T, F extends object>(options: EditingOptions<T, F>): Editing<T, F> {
  const { toForm, factsOf, hidden = false, read, save } = options;
  const [stored, setStored] = useState(options.opened);
  const [form, setForm] = useState(() => toForm(stored.value));
  const [changes, setChanges] = useState<readonly Change[] | null>(null);
  const before = toForm(stored.value);
  const action = useAction(async () => {
    let seen = stored;
    for (let round = 1; ; round++) {
      try {
        const saved = await save(form, seen);
        setStored(saved);
        // Edits made during the save are not saved yet, so keep them.
        setForm((typed) => mergeForms(typed, form, toForm(saved.value)));
        setChanges(null);
        return;
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'PRECONDITION_FAILED') throw error;
      }
      seen = await read();
      const found = changesOf(factsOf(stored.value), factsOf(seen.value));
      if (hidden || found.length > 0 || round === ROUNDS) {
        const newer = toForm(seen.value);
        setForm((typed) => mergeForms(typed, before, newer));
        setStored(seen);
        setChanges(found);
        return;
      }
    }
  });
  const takeNewer = (): void => {
    setForm(before);
    setChanges(null);
  };
  return { form, setForm, before, stored: stored.value, action, changes, takeNewer };
}
