import { bags } from './bags';
import { deliverant } from './deliverant';
import type { Dialect } from './dialect';
import { promptjang } from './promptjang';

export const dialectNames = ['promptjang', 'bags', 'deliverant'] as const;
export type DialectName = (typeof dialectNames)[number];

export const dialects: Readonly<Record<DialectName, Dialect>> = { promptjang, bags, deliverant };
