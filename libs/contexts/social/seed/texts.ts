import type { PostDraft } from '../model/post';

/** A topic of demo posts. Every subject is combined with every event: twenty titles per topic. */
interface Topic {
  tags: string[];
  subjects: string[];
  happenings: string[];
  details: string[];
}

const TOPICS: Topic[] = [
  {
    tags: ['birds', 'spring', 'outdoors'],
    subjects: ['The swifts', 'The herons', 'The barn owls', 'The starlings', 'The robins next door'],
    happenings: [
      'are back at the mill',
      'woke the whole street',
      'have found the new nest box',
      'left before the rain',
    ],
    details: [
      'I counted eleven before the coffee was ready.',
      'The neighbor has the better binoculars, I have the better window.',
      'No photograph, of course: the camera was in the other bag.',
    ],
  },
  {
    tags: ['bread', 'baking', 'kitchen'],
    subjects: ['My rye loaves', 'The cinnamon buns', 'The flatbreads', 'Two sourdoughs', 'The oat rolls'],
    happenings: [
      'came out of the oven flat',
      'rose like never before',
      'were gone before noon',
      'need less water than the book says',
    ],
    details: [
      'Seventy-two percent water, a cold night, a hot stone.',
      'The starter is six years old and has a name, which I keep to myself.',
      'It is the flour, they say. It is always the flour.',
    ],
  },
  {
    tags: ['bikes', 'city', 'repair'],
    subjects: [
      'New brake pads',
      'Wider tyres',
      'Lights with a dynamo',
      'Mudguards of wood',
      'Second-hand wheels',
    ],
    happenings: [
      'changed my way to work',
      'took an afternoon to fit',
      'cost less than a tank of petrol',
      'still squeak in the rain',
    ],
    details: [
      'The workshop by the canal lends out tools on Thursdays.',
      'Twelve kilometres, two bridges and one hill that I pretend not to mind.',
      'Whoever designed that bolt has never met a hand.',
    ],
  },
  {
    tags: ['garden', 'spring', 'soil'],
    subjects: ['The broad beans', 'Our tomatoes', 'The sunflowers', 'Three courgettes', 'The old roses'],
    happenings: [
      'have overtaken the fence',
      'are a week early this year',
      'survived the slugs',
      'want more sun than we have',
    ],
    details: [
      'Compost from two winters ago went in first.',
      'There is a hedgehog on the payroll now.',
      'I water at six, when only the cat is watching.',
    ],
  },
  {
    tags: ['code', 'databases', 'work'],
    subjects: ['Two slow queries', 'Old indexes', 'Nightly jobs', 'Our migrations', 'Flaky tests'],
    happenings: [
      'ate a whole sprint',
      'turned out to be one missing line',
      'went away with a smaller page',
      'taught me to read the plan first',
    ],
    details: [
      'The plan said sequential scan, and the plan was right.',
      'We deleted more than we wrote, which is how it should be.',
      'Measured before and after, on the same machine, in turns.',
    ],
  },
  {
    tags: ['hiking', 'mountains', 'outdoors'],
    subjects: [
      'The ridge paths',
      'Both summit huts',
      'The lower lakes',
      'Snow fields in June',
      'The shepherd trails',
    ],
    happenings: [
      'are open again',
      'were ours alone at dawn',
      'ask for better boots than mine',
      'look shorter on the map',
    ],
    details: [
      'Nine hundred metres up, and every one of them down again.',
      'Soup at the hut, thunder at four, home by eight.',
      'The last bus does not wait; plan for that one.',
    ],
  },
  {
    tags: ['books', 'reading', 'library'],
    subjects: ['Short novels', 'Letters from sailors', 'Old atlases', 'Ghost stories', 'Library copies'],
    happenings: [
      'make the best train rides',
      'kept me up past two',
      'deserve a second reading',
      'pile up beside my bed',
    ],
    details: [
      'Somebody had left a pressed clover at page ninety.',
      'I read the last chapter standing in the kitchen.',
      'The translator deserves her name on the cover.',
    ],
  },
  {
    tags: ['music', 'vinyl', 'concert'],
    subjects: [
      'Brass bands',
      'Four cellos',
      'Records from the flea market',
      'Choirs in small churches',
      'Quiet encores',
    ],
    happenings: [
      'fill a room differently',
      'made my week',
      'sound better on bad speakers',
      'should be on every Sunday',
    ],
    details: [
      'The hall seats eighty, and eighty people held their breath.',
      'Side B, third track, with the window open.',
      'Tickets at the door, and soup in the interval.',
    ],
  },
  {
    tags: ['sea', 'travel', 'weather'],
    subjects: [
      'Night ferries',
      'The outer islands',
      'Lighthouse keepers',
      'Winter beaches',
      'The herring boats',
    ],
    happenings: [
      'run late and nobody minds',
      'smell of tar and coffee',
      'tell the better stories',
      'are best out of season',
    ],
    details: [
      'Force seven from the west, and the kettle on a string.',
      'I meant to stay for a night and stayed for four.',
      'The timetable hangs behind the bar and is wrong.',
    ],
  },
  {
    tags: ['photos', 'film', 'city'],
    subjects: [
      'Empty stations',
      'Hands of market women',
      'Rooftops at five',
      'Reflections in trams',
      'Long exposures',
    ],
    happenings: [
      'need no color',
      'are what I keep coming back to',
      'took the whole roll',
      'came out darker than I saw them',
    ],
    details: [
      'One lens, one film, no second try.',
      'The scanner added a hair that I have grown fond of.',
      'I asked first. They laughed, and stayed.',
    ],
  },
];

const REMARKS = [
  'I had nearly given up on it.',
  'It took longer than planned, as everything worth it does.',
  'My sister says I talk of nothing else.',
  'Next time I will write down what I did.',
  'It is a small thing, but it has made the day.',
  'I will try again on Saturday, with company.',
  'Nobody believes me, so here it is in writing.',
];

const QUESTIONS = [
  'Has anyone tried it the other way round?',
  'What would you do differently?',
  'Who else has seen this?',
  'Where do you go for that?',
  'Is it only me?',
];

const OPENERS = [
  'Thank you for this.',
  'I was there last week.',
  'This made me laugh.',
  'Not so sure about that.',
  'Exactly my experience.',
  'Lovely.',
  'How interesting!',
  'I have the opposite problem.',
  'My father used to say the same.',
  'Good to know.',
  'I needed that today.',
  'Same here.',
  'I would not have thought so.',
  'Well written.',
  'You are lucky.',
  'Careful, though.',
  'One question.',
  'I tried it at once.',
  'That takes patience.',
  'Finally somebody says it.',
];

const REPLIES = [
  'Where exactly was it?',
  'It works better in the morning.',
  'Mine lasted for two years.',
  'Please post a picture next time.',
  'I will show it to my daughter.',
  'Try it with half of everything.',
  'The trick is to wait.',
  'Come over, we have coffee.',
  'Did you write down the numbers?',
  'The old way was not so bad either.',
  'I would do it again tomorrow.',
  'You can borrow my tools.',
  'The weather had its part in it.',
  'There is a good book about it.',
  'It took me three attempts.',
  'Somebody should make a map of these.',
  'Our whole street talks about it.',
  'What did it cost, if I may ask?',
  'Do you do this every year?',
  'I have saved it for later.',
  'It depends on the season.',
  'That is how it begins.',
  'Next time bring a friend.',
  'Let us know how it ends.',
  'I owe you a cake.',
];

/** Number of posts with different titles. */
export const MAX_POSTS = 200;
/** Number of different comments. */
export const MAX_COMMENTS = OPENERS.length * REPLIES.length;

/** @param number of the post, below {@link MAX_POSTS}; the same number gives the same post */
export function draftOf(number: number): PostDraft {
  const topic = TOPICS[number % TOPICS.length]!;
  const turn = Math.floor(number / TOPICS.length);
  const subject = topic.subjects[turn % topic.subjects.length]!;
  const happening = topic.happenings[Math.floor(turn / topic.subjects.length) % topic.happenings.length]!;
  return {
    title: `${subject} ${happening}`,
    content: [at(topic.details, turn), at(REMARKS, number), at(QUESTIONS, turn + number)].join(' '),
    tags: topic.tags.slice(0, 1 + (turn % topic.tags.length)),
  };
}

/** @param number of the comment, below {@link MAX_COMMENTS}; the same number gives the same text */
export function commentOf(number: number): string {
  return `${at(OPENERS, number)} ${at(REPLIES, Math.floor(number / OPENERS.length))}`;
}

function at(list: readonly string[], number: number): string {
  return list[number % list.length]!;
}
