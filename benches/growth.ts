/** What a lookup, a new binding and the end of one cost, with few bindings and with many. */
import { rate, row, type Benchmark, type Context, type Report, type Row } from "./benchmark.ts";
import { HomeAgent, bindingRecords, shuffled } from "./home-agent.ts";
import { addressesOf, findEach, findInBatches, lookupRoom } from "./lookup.ts";
import { compare, ratio, type Contestant, type Figure } from "./rounds.ts";

const LOOKUPS = 4096;
/** Bindings that come and go in a round. */
const GUESTS = 1000;
const GUEST_LIFETIME_MS = 60_000;

class Population {
  readonly homeAgent: HomeAgent;
  private records: Uint8Array = new Uint8Array(0);

  constructor(module: WebAssembly.Module, readonly count: number) {
    this.homeAgent = new HomeAgent(module, { nodes: count + GUESTS, bindings: count });
  }

  prepareGuests(): void {
    this.records = bindingRecords(this.count, GUESTS, this.homeAgent.now, GUEST_LIFETIME_MS);
  }

  arrive(): void {
    this.homeAgent.engine.importState(this.records, this.homeAgent.now);
  }

  /** Lets time pass until every guest's binding has ended. Each has two timers: nine tenths, and the end. */
  leave(): void {
    this.homeAgent.now += GUEST_LIFETIME_MS * 0.95;
    this.homeAgent.engine.tick(this.homeAgent.now);
    this.homeAgent.now += GUEST_LIFETIME_MS * 0.1;
    this.homeAgent.engine.tick(this.homeAgent.now);
  }
}

function contestants(population: Population): Contestant[] {
  const { homeAgent, count } = population;
  const addresses = addressesOf(shuffled(count).subarray(0, Math.min(count, 1 << 17)));
  const room = lookupRoom(homeAgent);
  const known = addresses.bytes.length / 16;
  const many = Math.min(LOOKUPS, Math.floor(known / 64) * 64);
  let first = 0;
  const next = () => {
    if ((first += many) + many > known) first = 0;
    return first;
  };
  return [
    {
      name: "lookup in a batch", operations: many,
      run: () => void findInBatches(homeAgent, room, addresses, next(), many),
    },
    {
      name: "lookup, one call each", operations: many,
      run: () => void findEach(homeAgent, room.addresses, addresses, next(), many),
    },
    {
      name: "new binding", operations: GUESTS,
      prepare: () => {
        population.leave();
        population.prepareGuests();
      },
      run: () => population.arrive(),
    },
    {
      name: "end of a binding", operations: GUESTS,
      prepare: () => {
        population.prepareGuests();
        population.arrive();
      },
      run: () => population.leave(),
    },
  ];
}

function run({ module, effort, quick, progress }: Context): Report {
  const sizes = quick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000];
  const all = sizes.map((size) => {
    progress(`growth: ${size.toLocaleString("en")} bindings`);
    return contestants(new Population(module, size));
  });
  const kinds = all[0].length;
  progress("growth: rounds");
  // Every kind of operation in all sizes in turn.
  const figures: Figure[][] = [];
  for (let kind = 0; kind < kinds; kind++) figures.push(compare(all.map((each) => each[kind]), effort));
  const rows: Row[] = figures.flatMap((each) => each.map((figure, size) => ({
    ...row(figure, size === 0 ? undefined : ratio(figure, each[0])),
    name: `${figure.name}, ${sizes[size].toLocaleString("en")} bindings`,
    note: rate(figure.ns, "operations"),
  })));
  return {
    name: "growth",
    title: "Cost with the number of bindings",
    text: `Ratios are to the row with the fewest bindings. Nothing here searches or scans, so what grows is the wait for
memory: a thousand bindings stay in the processor's cache and a million do not. A new binding is one from a state
record, as after a restart, with its timer; its end is by its lifetime: two timers, an event and a state record,
drained.`,
    per: "operation",
    rows,
    promised: [],
  };
}

export const growth: Benchmark = { name: "growth", run };
