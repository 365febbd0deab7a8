/** What the core gives in pages, as one piece. */
import { exportState, query, queryCursor, replyPointer } from "./core";
import { allocate } from "./memory";

/** Where the piece lies, and its octets: valid until the next one. */
export let gathered: usize = 0;
export let gatheredBytes: u32 = 0;
let room: u32 = 0;

/** All records of a Query. */
export function gatherQuery(kind: u32): void {
  begin();
  let cursor: u32 = 0;
  do {
    append(query(kind, cursor));
    cursor = queryCursor();
  } while (cursor !== 0);
}

/** The whole state. */
export function gatherState(): void {
  begin();
  let cursor: u32 = 0;
  do {
    append(exportState(cursor));
    cursor = queryCursor();
  } while (cursor !== 0);
}

function begin(): void {
  gathered = 0;
  gatheredBytes = 0;
  room = 0;
}

/** Takes a page from the reply buffer. */
function append(lengthBytes: u32): void {
  if (gatheredBytes + lengthBytes > room) {
    room = max<u32>(gatheredBytes + lengthBytes, room * 2);
    const larger = allocate(room);
    memory.copy(larger, gathered, gatheredBytes);
    gathered = larger;
  }
  memory.copy(gathered + gatheredBytes, replyPointer(), lengthBytes);
  gatheredBytes += lengthBytes;
}
