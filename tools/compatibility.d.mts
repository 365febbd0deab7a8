import type { SubjectRecord } from "../test/conformance/record.ts";

export const SUBJECTS: Readonly<Record<string, { readonly host: string; readonly carries: string }>>;
export function clearRecords(): void;
export function writeRecord(record: SubjectRecord): void;
export function collectRecords(): SubjectRecord[];
export function rowOf(record: SubjectRecord): string[];
export function readmeRows(text?: string): Map<string, string[]> | undefined;
export function withTable(text: string, records: readonly SubjectRecord[]): string;
