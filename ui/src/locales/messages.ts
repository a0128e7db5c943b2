import type { zhCN } from './zh-CN';

export type MessageKey = keyof typeof zhCN;

/** One language: every key of the source language, no other. */
export type Messages = Readonly<Record<MessageKey, string>>;
