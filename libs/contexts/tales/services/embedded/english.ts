import type { Grammar } from './grammar';

const names = new Intl.ListFormat('en', { type: 'conjunction' });

export const english: Grammar = {
  cast: [
    [
      { hero: 'Mara', they: 'she', them: 'her', their: 'her' },
      { hero: 'Jonas', they: 'he', them: 'him', their: 'his' },
      { hero: 'Ines', they: 'she', them: 'her', their: 'her' },
      { hero: 'Tobias', they: 'he', them: 'him', their: 'his' },
      { hero: 'Noor', they: 'she', them: 'her', their: 'her' },
      { hero: 'Emil', they: 'he', them: 'him', their: 'his' },
    ],
    [
      { friend: 'Tomas', role: 'the ferryman', fthey: 'he', fthem: 'him' },
      { friend: 'Odile', role: 'the baker from next door', fthey: 'she', fthem: 'her' },
      { friend: 'Mister Bell', role: 'a retired sailor', fthey: 'he', fthem: 'him' },
      { friend: 'Hanna', role: 'the schoolteacher', fthey: 'she', fthem: 'her' },
      { friend: 'Aunt Rosa', role: 'who was nobody’s aunt', fthey: 'she', fthem: 'her' },
    ],
    [
      { town: 'Saltmere', land: 'by the sea', water: 'the harbor' },
      { town: 'Alder Cross', land: 'at the edge of a forest', water: 'the mill pond' },
      { town: 'Lindholm', land: 'between two hills', water: 'the brook' },
      { town: 'Port Evering', land: 'on a wide, slow river', water: 'the river' },
      { town: 'High Fallow', land: 'where the road ends', water: 'the lake' },
    ],
    [
      { thing: 'brass key' },
      { thing: 'music box' },
      { thing: 'paper map' },
      { thing: 'pocket watch' },
      { thing: 'tin lantern' },
    ],
    [
      { building: 'old mill' },
      { building: 'lighthouse' },
      { building: 'town hall' },
      { building: 'empty theater' },
      { building: 'railway station' },
    ],
    [
      { festival: 'lantern festival' },
      { festival: 'harvest fair' },
      { festival: 'midsummer dance' },
      { festival: 'river parade' },
    ],
  ],
  symbols: {
    number: ['three', 'four', 'five', 'six', 'seven'],
    few: ['one', 'two'],
    weather: [
      'The rain had stopped',
      'A thin mist lay over #water#',
      'The sky was clear',
      'The wind came from the west',
    ],
    food: ['plum cake', 'warm bread', 'onion soup', 'roasted chestnuts'],
    animal: ['a gray cat', 'a very small dog', 'a heron', 'a black goat'],
  },
  shapes: [
    {
      titles: ['What #hero# Found', 'The Lost Thing of #town#', '#hero# and the Scratched Door'],
      beats: [
        [
          '#hero# lived in #town#, a town #land#, where everybody knew everybody and nothing stayed lost for long. So it was strange that one morning #thing.a# lay on #their# doorstep, and that nobody had seen who left it.',
          'In #town#, a town #land#, lost things were hung on the fence by the church until their owners came. #hero# found #thing.a# there one morning, and on its label stood #their# own name.',
        ],
        [
          '#friend#, #role#, turned it over twice. “It belongs to somebody who is waiting,” #fthey# said. “You can tell by the scratches.” #hero# could tell nothing by the scratches, but #they# put it in #their# coat and went to look.',
          '“I have seen it before,” said #friend#, #role#, “but I was younger then, and so was it.” More than that #fthey# would not say. #hero# put it in #their# coat and went from door to door.',
        ],
        [
          'The first door stayed closed. At the second a child said that the #thing# had been in a dream, and at the third there was only tea. By noon #hero# had heard #number# stories and believed #few# of them.',
          'Nobody missed it. The barber had once owned a better one, the twins at the corner claimed it for a minute, and the judge wrote everything down. By noon #hero# was tired and no wiser.',
        ],
        [
          'Then, behind the #building#, #they# noticed a mark on a wall: the very same mark as on the #thing#. #hero# knocked, and the door opened before #their# hand was down again.',
          'Then #hero# sat down on the steps of the #building# and, for the first time that day, looked at the #thing# properly. A street was scratched into it, and a number. It was no more than a hundred steps away.',
        ],
        [
          '“I lost it on the day I stopped looking for it,” said the old woman inside, and laughed, and the #thing# went back to its place on the shelf as if it had never been away.',
          '“I had nearly forgotten that I was waiting,” said the man who opened. He did not take the #thing# at once. First he put the kettle on, and then he told #them# where it had come from.',
        ],
      ],
    },
    {
      titles: ['A Letter to #town#', 'The Painted Window', 'The Letter Nobody Had Sent'],
      beats: [
        [
          'In #town#, a town #land#, the post came at eight. One morning it brought #hero# a letter without a sender, and in it a single line: “Come to the #building# before the lamps are lit.”',
          '#hero# had not had a letter for years. The one that came on that morning to #their# house in #town#, a town #land#, had no stamp and only one sentence: “Please come to the #building# today.”',
        ],
        [
          '“Don’t go alone,” said #friend#, #role#, who had an opinion on most things and was right about some. So they went together, and neither of them admitted to walking faster than usual.',
          '#friend#, #role#, read it twice and smelled the paper. “Old ink,” #fthey# said, and already had one arm in a coat. “I am coming along.”',
        ],
        [
          'The #building# was locked, but a second letter hung on its door. “You are early,” it said. “Count the windows, and do not forget the one that is painted on.” There were #number#, and one that was painted on.',
          'Nobody was there. On the threshold lay another note, held down by a stone. “Count the windows,” it said. They counted #number# from outside, and one more from within.',
        ],
        [
          'Behind that window was a room that no plan of the town had ever shown. On a table lay #number# more letters, all of them unopened, all of them addressed to people #hero# knew.',
          'The window that did not belong opened at a push. In the narrow room behind it stood a table, and on the table a basket full of letters that had been waiting for a very long time.',
        ],
        [
          'They delivered them that same evening, from door to door. Some people cried a little, some laughed, and one said only, “At last.” Who had written to #hero# they never learned, and after a while that was the best part of it.',
          'It took them until midnight to bring every letter to its door. In the windows of #town# the lights stayed on for a long time. #hero# kept the first one, the one with a single sentence.',
        ],
      ],
    },
    {
      titles: ['The Smallest Festival', 'The Night the Lamps Blew Away', '#hero# and the Ladder'],
      beats: [
        [
          'Once a year #town#, a town #land#, held its #festival#, and once a year everybody agreed that it had been better before. This time #hero# had to see to it, and #they# had #number# days.',
          'Nobody in #town#, a town #land#, had wanted to prepare the #festival#. So they drew lots, and #hero#, who had only come to borrow a chair, drew the shortest.',
        ],
        [
          '#friend#, #role#, offered help, advice and a ladder. The ladder was the most useful of the three. Together they hung up lamps, moved benches, and looked for the key to the #building#.',
          '“It is all a question of lamps,” said #friend#, #role#, and brought a ladder. They hung them from the #building# down to #water#, until there was no hook left in the whole town.',
        ],
        [
          'On the evening before it the wind rose. In the morning the lamps lay in #water#, the benches stood in the wrong street, and the cook had gone to stay with his sister.',
          'Then came the wind. It took the lamps, #number# roof tiles and the big white tent, and left them in #water#, where they did not look bad at all, but were of no use to anybody.',
        ],
        [
          '#hero# sat down and thought of giving up. Then a child brought a candle, and behind the child came its grandmother with two, and behind her half the street, each with whatever gave a little light.',
          '#hero# was about to write “canceled” on the board when the first neighbor came with a pot of soup and a lamp. “I thought you might need one,” said the neighbor. So did the next, and the one after.',
        ],
        [
          'It was the smallest #festival# that anybody could remember. Nobody said that it had been better before. #hero# danced once, badly, with #friend#, and that was remembered as well.',
          'In the end there was one long table, and everybody in #town# sat at it. There had never been a #festival# like this, they said, and they meant it kindly.',
        ],
      ],
    },
    {
      titles: ['Before the Snow', 'The Other Side of the Pass', 'The Long Way to the Doctor'],
      beats: [
        [
          '#hero# had never been farther than the last house of #town#, a town #land#. But the doctor needed medicine from the other side of the pass, the bridge was closed, and somebody had to walk.',
          'The year’s first snow was on its way when the doctor of #town#, a town #land#, ran out of medicine. The nearest was behind the pass. “I will go,” said #hero#, before #they# had thought about it.',
        ],
        [
          '#friend#, #role#, came along as far as the crossroads and put #thing.a# into #their# hand. “It has been there and back #number# times,” #fthey# said. “It knows the way better than I do.”',
          '“Take this,” said #friend#, #role#, at the last house, and gave #them# #thing.a#. “It is of no use whatsoever. But nobody who carried it has ever been lost.”',
        ],
        [
          'The path climbed all day. Once it forked where there should have been a single way, and once it was gone altogether under leaves. Each time #hero# stood still, listened, and went where the water came from.',
          'It was farther than it looked. Behind every hill stood another, a little higher, as if they were taking turns. #hero# counted #number# of them, and then stopped counting and simply walked.',
        ],
        [
          'In the dark a window shone. The people behind it asked no questions before the soup was eaten. They had the medicine, and they had been waiting for months for somebody who could tell them how things were in the valley.',
          'Long after dark #they# came to a house with a light in it. “We heard you from far off,” said the woman at the door. “You were singing.” #hero# had not noticed that at all.',
        ],
        [
          'The way back was shorter, as ways back are. When #hero# set the bottle down on the doctor’s table, the whole street was awake, and #friend# pretended to have come by only by chance.',
          'With the first flakes #hero# was home again. The doctor took the bottle, the neighbors took #their# wet coat, and #friend# took back the #thing#, until the next time.',
        ],
      ],
    },
  ],
  scenes: [
    '#weather#. On the bench by #water# sat two old men who had been playing the same game of chess since spring. “Don’t tell us how it ends,” one of them said to #hero#, though #they# had not said a word.',
    'At the corner it smelled of #food#. #hero# had not eaten since breakfast, and the woman at the stove did not ask whether #they# had money. “Sit down,” she said. “Whatever it is, it can wait for as long as a plate is hot.”',
    '#animal.capitalize# followed #them# for a while, at a distance that left everything open. When #hero# stopped, it stopped. When #they# said good morning, it seemed to think about that, and then it went its own way.',
    'On the wall of the #building# somebody had written a sentence and crossed out half of it. What could still be read was, “and then it was enough.” #hero# read it again, because it was the kind of sentence one wants to keep.',
    'A boy with a bucket wanted to know where the journey went. “I don’t know yet,” said #hero#. The boy nodded, as if that were an answer, and gave #them# the best of his stones for the journey.',
    '#hero# thought of #their# grandmother, who used to say that there are two kinds of days: those that you remember, and those that hold up the others. This one, #they# thought, had not yet made up its mind.',
    'For a while nothing happened at all. A door opened somewhere and closed again. #weather#, and from #water# came the sound of somebody hammering slowly, with long breaks, like a person who likes what they are doing.',
    '#friend# told the story of the great flood, in which the water had come up to the third step, or the fifth, depending on who was listening. #hero# knew it by heart, and asked for the end all the same.',
    'There was a shop in the next street that sold nothing but buttons. #hero# had never seen anybody go in. Today the door stood open, and in the window lay a single button, as blue as the sea on a good day.',
    'It struck #number#. #hero# counted along, as #they# always did, and as always the clock of the #building# struck once more than it should. People in #town# had grown used to having a little more time than others.',
    '“Are you afraid?” asked #friend#. #hero# considered it honestly. “No,” #they# said at last. “I only walk like this when I am thinking.” #friend# was kind enough to believe it, and talked about the weather.',
    'A woman was hanging out laundry, and every piece of it was yellow. “It began with one sock,” she said, when she saw #hero# looking. “After that I thought: why not?” There was no arguing with that.',
    'They rested on a wall that was still warm from the sun. #friend# shared what the day had left: some #food#, a piece of string and half a pencil. It was not much, but it was fairly divided.',
    'From here one could see all of #town#: the roofs, the #building#, the thin line of #water#. It looked like something that a child had put together with great care, and then been called away from to supper.',
    'In a book that lay open on a windowsill #hero# read the sentence, “It was not far now.” The wind turned the page before #they# could find out for whom, and it seemed better not to turn it back.',
  ],
  topics: [
    'On the way the talk came round to {topics}. #friend# claimed to know everything about it and got most of it wrong, and #hero#, who really did know something, listened with great pleasure and corrected only the worst.',
    'If there was one thing that could make #hero# forget the time, it was {topics}. #they.capitalize# had once talked about it with a stranger on a train until both of them missed their stop, and neither was sorry.',
    'In #their# bag #hero# carried a notebook, and half of it was filled with {topics}. #they.capitalize# opened it now, added one line, and felt, as always after that, that the world was in better order.',
    'There was a picture in the hall of the #building#, and it had to do with {topics}, though nobody could say exactly what. #hero# stood in front of it longer than #they# had meant to, and left with a good idea.',
    'A poster announced an evening about {topics}. “We should go,” said #friend#, “when all this is over.” #hero# wrote down the date. It is good, in the middle of things, to have something to look forward to.',
  ],
  wishes: [
    'This, by the way, is a story that somebody asked for: “{wish}.” #hero# would have been surprised to hear that it was about #them#.',
    'Somebody in #town# had once wished for exactly such a story: “{wish}.” Now, it seemed, its turn had come.',
  ],
  tones: {
    calm: {
      mood: ['quiet', 'mild', 'slow', 'gentle'],
      openings: [
        'It was a #mood# day, and nobody was in a hurry, not even the clouds.',
        'Some stories begin with a bang. This one begins on a #mood# morning, with a cup of tea.',
      ],
      scenes: [
        'For a moment everything was still. #hero# heard #their# own breath and, far away, the water. Nothing had to be done just now. #they.capitalize# stayed until the light had moved from one stone to the next.',
      ],
      endings: [
        'In the evening #hero# sat by the window and watched the lights go out, one after the other. It had been a good day, and it did not need to be anything more.',
        'Then it was quiet again in #town#. #hero# closed the door softly, and slept until the sun was on the floor.',
      ],
    },
    warm: {
      mood: ['warm', 'bright', 'friendly', 'golden'],
      openings: [
        'It was a #mood# day, one of those on which even strangers say hello.',
        'If you had come to #town# on that #mood# morning, somebody would have offered you a chair.',
      ],
      scenes: [
        'A neighbor put a shawl around #hero#’s shoulders without being asked, and somebody’s grandmother pushed a piece of #food# into #their# hand. “You can give it back some other time,” she said, and everybody knew that she meant to somebody else.',
      ],
      endings: [
        'They sat together for a long time, until nobody knew whose glass was whose. “Come again tomorrow,” said #friend#, and #hero# said that #they# would.',
        'When #hero# came home, somebody had lit the stove. #they.capitalize# never found out who it was, so #they# thanked everybody.',
      ],
    },
    funny: {
      mood: ['windy', 'crooked', 'silly', 'cheerful'],
      openings: [
        'It was a #mood# day, and the mayor’s hat had already been seen in three different trees.',
        'The trouble began, as trouble in #town# usually did, with somebody being absolutely sure of something.',
      ],
      scenes: [
        'At this point the goat must be mentioned. It belonged to nobody, it went where it pleased, and it had eaten the minutes of the last town meeting, which many considered its finest hour. Now it was looking at #hero#’s sleeve.',
      ],
      endings: [
        'The goat, by the way, got a medal. It ate it. #hero# says to this day that it was the best speech of the whole evening.',
        'And if #friend# tells it differently, that is because #fthey# fell into #water# shortly before the end and missed the important part.',
      ],
    },
    adventurous: {
      mood: ['wild', 'stormy', 'fresh', 'clear'],
      openings: [
        'The wind had turned in the night, and on such #mood# mornings #hero# could never stay indoors.',
        'There are people who read about adventures, and there are people who leave the house without an umbrella. #hero# was one of the latter.',
      ],
      scenes: [
        'The plank over the ditch gave way at the second step. #hero# jumped, landed on the other side with one wet shoe and a beating heart, and laughed out loud. There was no going back now, and that made everything simpler.',
      ],
      endings: [
        'That night #hero# could not sleep for happiness. On the table lay a map with one white spot less, and there were so many left.',
        '“And tomorrow?” asked #friend#. #hero# looked out to where the road went over the hill. “Tomorrow,” #they# said, “we see what is behind it.”',
      ],
    },
    romantic: {
      mood: ['tender', 'golden', 'mild', 'blue'],
      openings: [
        'It was a #mood# evening in early summer, and somewhere somebody was practicing the same waltz for the third time.',
        'Later #hero# could not say when it had begun. Perhaps on that #mood# morning, perhaps long before.',
      ],
      scenes: [
        'Somebody was leaning on the railing by #water#, somebody whose name #hero# had known for years and had never said out loud. They spoke about the weather. It was by far the most beautiful weather #they# had ever spoken about.',
      ],
      endings: [
        'They walked home along #water#, slowly, by the longest way. Nobody said anything, and nothing was missing.',
        'There was a light in the window across the street. It stayed on until #hero#’s went out, as it has done every night since.',
      ],
    },
    mysterious: {
      mood: ['misty', 'gray', 'strange', 'silent'],
      openings: [
        'The fog came up from #water# on that #mood# morning, and when it went, something in #town# was different.',
        'Nobody in #town# speaks about it, and if you ask, they will offer you tea. But this is how it was.',
      ],
      scenes: [
        'In the window of the #building# a light moved from left to right. Then it moved back. #hero# knew that the floor in there had fallen in years ago, and that nobody could walk across it. The light went out, as if it had noticed #them#.',
      ],
      endings: [
        'Only one thing was never explained. In the morning there were footprints in front of #hero#’s door. They led away from it, and they were #their# own.',
        'Sometimes, when the fog comes up from #water#, #hero# goes to the window and waits. So far it has always come back alone.',
      ],
    },
    dark: {
      mood: ['cold', 'black', 'gray', 'bitter'],
      openings: [
        'It was a #mood# winter in #town#, and people went to bed early, so as not to hear the wind.',
        'Not everything that happened in #town# in that #mood# year was written down. This was not.',
      ],
      scenes: [
        'The lamp burned lower. #hero# had the feeling that somebody was standing on the stairs, patiently, as one stands who has time. When #they# turned around there was nobody, and the third step creaked as it does when a weight is taken from it.',
      ],
      endings: [
        'They do not speak about it. But nobody in #town# has blown out the light by the door since then, not even in summer.',
        'The snow covered everything before morning. #hero# was glad of that, and has never told anybody why.',
      ],
    },
  },
  list: (topics) => names.format(topics),
};
