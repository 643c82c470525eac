import { useState, type Dispatch, type SetStateAction } from 'react';
import { Failure } from '../api/failure';
import type { Tagged } from '../api/tag';
import { changesOf, mergeForms, type Change, type Facts } from './newer';
import { useAction, type Action } from './use-action';

interface EditingOptions<T, F> {
  /** What the form begins with. Later values are ignored: a form that is open does not change by itself. */
  opened: Tagged<T>;
  toForm: (value: T) => F;
  /** Everything that the form shows of a value. */
  factsOf: (value: T) => Facts;
  /** Whether there are values behind the form that nobody can read, such as secrets: then every change is told. */
  hidden?: boolean;
  read: () => Promise<Tagged<T>>;
  /** Sends the form with the tag of `stored` as its condition. */
  save: (form: F, stored: Tagged<T>) => Promise<Tagged<T>>;
}

export interface Editing<T, F> {
  form: F;
  setForm: Dispatch<SetStateAction<F>>;
  /** The form without what was typed. */
  before: F;
  /** What was read or saved last. */
  stored: T;
  action: Action<[]>;
  /** What somebody else has changed when this form was to be saved; null: nothing. */
  changes: readonly Change[] | null;
  /** Puts the newer values in the place of what was typed. */
  takeNewer: () => void;
}

/** Somebody who saves all the time could keep another person from saving at all. */
const ROUNDS = 3;

/**
 * A form of something that others may change meanwhile. It is saved only on top of the values that the person has seen:
 * otherwise nothing is saved, the person is told what changed, and what was typed stays in the form. A change that the form
 * does not show, such as a pause of the endpoint, is no reason to ask.
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
        // What was typed while it was being saved is not saved yet.
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
