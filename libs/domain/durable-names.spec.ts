import { durableName, DurableNames, noteFile, whereIs } from '.';

type Type = { name: string };

const named = (type: Type, name: string, formerly: string[] = []) => ({
  ...durableName('tree', name, formerly),
  type,
});

describe('Durable names', () => {
  const Oak = { name: 'Oak' };
  const Elm = { name: 'Elm' };
  let trees: DurableNames<Type, ReturnType<typeof named>>;

  beforeEach(() => (trees = new DurableNames('tree')));

  it('are found by current and previous names', () => {
    const oak = named(Oak, 'garden.oak', ['garden.acorn']);
    trees.add(oak);
    trees.add(named(Elm, 'garden.elm'));
    expect(trees.get('garden.oak')).toBe(oak);
    expect(trees.get('garden.acorn')).toBe(oak);
    expect(trees.get('garden.ash')).toBeUndefined();
    expect(trees.all().map(({ name }) => name)).toEqual(['garden.elm', 'garden.oak']);
  });

  it.each<[string, string, string[]]>([
    ['one name', 'garden.oak', []],
    ['the name that another had', 'garden.acorn', []],
    ['formerly the name that another has', 'garden.elm', ['garden.oak']],
    ['formerly the name that another had', 'garden.elm', ['garden.acorn']],
  ])('refuse two with %s, and say which', (_, name, formerly) => {
    trees.add(named(Oak, 'garden.oak', ['garden.acorn']));
    expect(() => trees.add(named(Elm, name, formerly))).toThrow(/Two trees are named .*: Oak and Elm/);
  });

  it.each(['oak', 'Garden.oak', 'garden.Oak', 'garden.old oak', 'garden.oak.leaf', ''])(
    'do not read "%s"',
    (name) => expect(() => durableName('tree', name)).toThrow('must have the form <context>.<verb-phrase>'),
  );

  it.each(['an oak', 'oak,elm', ''])('were never "%s"', (former) =>
    expect(() => durableName('tree', 'garden.oak', [former])).toThrow('cannot have been the name'),
  );

  it('name the file of a class, if known', () => {
    const Ash = { name: 'Ash' };
    expect(whereIs(Ash)).toBe('Ash');
    noteFile(Ash, 'garden/ash.ts');
    expect(whereIs(Ash)).toBe('Ash (garden/ash.ts)');
  });
});
