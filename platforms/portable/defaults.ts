/** Options over their defaults; one that is given as undefined is not given. */
export function withDefaults<Defaults extends object, Options extends object>(defaults: Defaults, options: Options): Defaults & Options {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as Defaults & Options;
}
