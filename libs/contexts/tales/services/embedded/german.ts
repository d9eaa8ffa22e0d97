import type { Grammar } from './grammar';

const names = new Intl.ListFormat('de', { type: 'conjunction' });

export const german: Grammar = {
  cast: [
    [
      { hero: 'Mara', er: 'sie', ihn: 'sie', ihm: 'ihr', sein: 'ihr' },
      { hero: 'Jonas', er: 'er', ihn: 'ihn', ihm: 'ihm', sein: 'sein' },
      { hero: 'Ines', er: 'sie', ihn: 'sie', ihm: 'ihr', sein: 'ihr' },
      { hero: 'Tobias', er: 'er', ihn: 'ihn', ihm: 'ihm', sein: 'sein' },
      { hero: 'Leyla', er: 'sie', ihn: 'sie', ihm: 'ihr', sein: 'ihr' },
      { hero: 'Emil', er: 'er', ihn: 'ihn', ihm: 'ihm', sein: 'sein' },
    ],
    [
      { friend: 'Henning', role: 'der Fährmann', fer: 'er' },
      { friend: 'Odile', role: 'die Bäckerin von nebenan', fer: 'sie' },
      { friend: 'Kapitän Behr', role: 'der seit Jahren nicht mehr zur See fuhr', fer: 'er' },
      { friend: 'Hanna', role: 'die Lehrerin', fer: 'sie' },
      { friend: 'Tante Rosa', role: 'die niemandes Tante war', fer: 'sie' },
    ],
    [
      {
        town: 'Salzhagen',
        land: 'am Meer',
        water: 'am Hafen',
        fromWater: 'vom Hafen',
        intoWater: 'ins Hafenbecken',
      },
      {
        town: 'Erlenbruck',
        land: 'am Rand eines Waldes',
        water: 'am Mühlteich',
        fromWater: 'vom Mühlteich',
        intoWater: 'in den Mühlteich',
      },
      {
        town: 'Lindau am Berg',
        land: 'zwischen zwei Hügeln',
        water: 'am Bach',
        fromWater: 'vom Bach',
        intoWater: 'in den Bach',
      },
      {
        town: 'Overing',
        land: 'an einem breiten, langsamen Fluss',
        water: 'am Fluss',
        fromWater: 'vom Fluss',
        intoWater: 'in den Fluss',
      },
      {
        town: 'Hohenbrach',
        land: 'am Ende der Straße',
        water: 'am See',
        fromWater: 'vom See',
        intoWater: 'in den See',
      },
    ],
    [
      { ding: 'Messingschlüssel', ein: 'ein', einen: 'einen', der: 'der', den: 'den', dem: 'dem' },
      { ding: 'Spieldose', ein: 'eine', einen: 'eine', der: 'die', den: 'die', dem: 'der' },
      { ding: 'Landkarte', ein: 'eine', einen: 'eine', der: 'die', den: 'die', dem: 'der' },
      { ding: 'Taschenuhr', ein: 'eine', einen: 'eine', der: 'die', den: 'die', dem: 'der' },
      { ding: 'Kompass', ein: 'ein', einen: 'einen', der: 'der', den: 'den', dem: 'dem' },
    ],
    [
      {
        haus: 'die alte Mühle',
        hausAkk: 'die alte Mühle',
        hausDat: 'der alten Mühle',
        hausGen: 'der alten Mühle',
        zuHaus: 'zur alten Mühle',
      },
      {
        haus: 'der Leuchtturm',
        hausAkk: 'den Leuchtturm',
        hausDat: 'dem Leuchtturm',
        hausGen: 'des Leuchtturms',
        zuHaus: 'zum Leuchtturm',
      },
      {
        haus: 'das Rathaus',
        hausAkk: 'das Rathaus',
        hausDat: 'dem Rathaus',
        hausGen: 'des Rathauses',
        zuHaus: 'zum Rathaus',
      },
      {
        haus: 'das leere Theater',
        hausAkk: 'das leere Theater',
        hausDat: 'dem leeren Theater',
        hausGen: 'des leeren Theaters',
        zuHaus: 'zum leeren Theater',
      },
      {
        haus: 'der alte Bahnhof',
        hausAkk: 'den alten Bahnhof',
        hausDat: 'dem alten Bahnhof',
        hausGen: 'des alten Bahnhofs',
        zuHaus: 'zum alten Bahnhof',
      },
    ],
    [{ fest: 'Lichterfest' }, { fest: 'Erntefest' }, { fest: 'Sommerfest' }, { fest: 'Flussfest' }],
  ],
  symbols: {
    zahl: ['drei', 'vier', 'fünf', 'sechs', 'sieben'],
    wenige: ['eine', 'zwei'],
    wetter: [
      'Der Regen hatte aufgehört',
      'Ein dünner Nebel lag #water#',
      'Der Himmel war klar',
      'Der Wind kam von Westen',
    ],
    essen: ['Pflaumenkuchen', 'warmem Brot', 'Zwiebelsuppe', 'gerösteten Kastanien'],
    tier: ['Eine graue Katze', 'Ein sehr kleiner Hund', 'Ein Reiher', 'Eine schwarze Ziege'],
  },
  shapes: [
    {
      titles: ['Was #hero# fand', 'Das Zeichen an der Wand', '#hero# und die dritte Tür'],
      beats: [
        [
          '#hero# lebte in #town#, einer Stadt #land#, in der jeder jeden kannte und nichts lange verloren blieb. Umso seltsamer war es, dass eines Morgens #ein# #ding# auf der Türschwelle lag und niemand gesehen hatte, woher.',
          'In #town#, einer Stadt #land#, hängte man Gefundenes an den Zaun der Kirche, bis jemand es holte. Eines Morgens hing dort #ein# #ding#, und auf dem Zettel daran stand: „Für #hero#“.',
        ],
        [
          '#friend#, #role#, drehte #den# #ding# zweimal um. „Da wartet jemand darauf“, sagte #fer#. „Das sieht man an den Kratzern.“ #hero# sah an den Kratzern gar nichts, aber #er# nahm das Fundstück mit und machte sich auf die Suche.',
          '„Das habe ich schon einmal gesehen“, sagte #friend#, #role#, „aber damals war ich jünger.“ Mehr war nicht zu erfahren. Also ging #hero# von Tür zu Tür.',
        ],
        [
          'Die erste Tür blieb zu. Hinter der zweiten sagte ein Kind, es habe von so etwas geträumt, und hinter der dritten gab es nur Tee. Bis zum Mittag hatte #hero# #zahl# Geschichten gehört und glaubte #wenige# davon.',
          'Niemand vermisste etwas. Der Friseur hatte einmal etwas Besseres besessen, die Zwillinge von der Ecke wollten es geschenkt, und der Richter schrieb alles auf. Am Mittag war #hero# müde und nicht klüger.',
        ],
        [
          'Da fiel #ihm# hinter #hausDat# ein Zeichen an einer Wand auf, dasselbe Zeichen wie auf #dem# #ding#. #hero# klopfte, und die Tür ging auf, noch ehe die Hand wieder unten war.',
          'Da setzte sich #hero# auf die Stufen vor #hausDat# und sah sich #den# #ding# zum ersten Mal an diesem Tag richtig an. Eine Straße war hineingeritzt und eine Nummer, keine hundert Schritte entfernt.',
        ],
        [
          '„Verloren habe ich das an dem Tag, an dem ich aufhörte, danach zu suchen“, sagte die alte Frau und lachte, und #der# #ding# kam zurück an den alten Platz, als wäre nichts gewesen.',
          '„Fast hätte ich vergessen, dass ich warte“, sagte der Mann an der Tür. Er griff nicht gleich zu. Erst setzte er Wasser auf, und dann erzählte er #ihm#, wie alles gekommen war.',
        ],
      ],
    },
    {
      titles: ['Ein Brief nach #town#', 'Das gemalte Fenster', 'Der Brief, den niemand schickte'],
      beats: [
        [
          'In #town#, einer Stadt #land#, kam die Post um acht. Eines Morgens brachte sie #hero# einen Brief ohne Absender und darin eine einzige Zeile: „Komm #zuHaus#, bevor die Lampen brennen.“',
          '#hero# hatte seit Jahren keinen Brief bekommen. Der, der an jenem Morgen in #town# eintraf, einer Stadt #land#, trug keine Marke und enthielt nur einen Satz: „Bitte komm heute #zuHaus#.“',
        ],
        [
          '„Geh nicht allein“, sagte #friend#, #role#, mit einer Meinung zu fast allem und manchmal mit Recht. So gingen sie zu zweit, und keiner von beiden gab zu, schneller zu gehen als sonst.',
          '#friend#, #role#, las ihn zweimal und roch am Papier. „Alte Tinte“, sagte #fer# und hatte schon einen Arm im Mantel. „Ich komme mit.“',
        ],
        [
          'Es war abgeschlossen, aber an der Tür hing ein zweiter Brief. „Ihr seid früh“, stand darin. „Zählt die Fenster und vergesst nicht das gemalte.“ Es waren #zahl# und ein gemaltes.',
          'Niemand war da. Auf der Schwelle lag ein Zettel unter einem Stein. „Zählt die Fenster“, stand darauf. Von außen zählten sie #zahl#, von innen eines mehr.',
        ],
        [
          'Dahinter lag ein Zimmer, das auf keinem Plan der Stadt verzeichnet war. Auf einem Tisch lagen #zahl# weitere Briefe, alle ungeöffnet, alle an Leute, die #hero# kannte.',
          'Das Fenster, das nicht dazugehörte, gab nach. In der schmalen Kammer dahinter stand ein Tisch und darauf ein Korb voller Briefe, die sehr lange gewartet hatten.',
        ],
        [
          'Noch am selben Abend trugen sie alle aus, von Tür zu Tür. Manche weinten ein wenig, manche lachten, und jemand sagte nur: „Endlich.“ Wer #hero# geschrieben hatte, blieb offen, und mit der Zeit war das das Schönste daran.',
          'Bis Mitternacht dauerte es, bis jeder Brief an seiner Tür war. In den Fenstern von #town# brannte noch lange Licht. #hero# behielt den ersten, den mit dem einen Satz.',
        ],
      ],
    },
    {
      titles: ['Das kleinste Fest', 'Die Nacht, in der die Lampen davonflogen', '#hero# und die Leiter'],
      beats: [
        [
          'Einmal im Jahr feierte #town#, eine Stadt #land#, das #fest#, und einmal im Jahr waren sich alle einig, dass es früher besser gewesen sei. Diesmal musste sich #hero# darum kümmern, und es blieben #zahl# Tage.',
          'Niemand in #town#, einer Stadt #land#, wollte das #fest# vorbereiten. Also zogen sie Lose, und #hero#, eigentlich nur gekommen, um einen Stuhl zu leihen, zog das kürzeste.',
        ],
        [
          '#friend#, #role#, bot Hilfe an, guten Rat und eine Leiter. Die Leiter war das Nützlichste davon. Zusammen hängten sie Lampen auf, rückten Bänke und suchten den Schlüssel #zuHaus#.',
          '„Es kommt nur auf die Lampen an“, sagte #friend#, #role#, und brachte eine Leiter. Sie hängten so viele auf, bis in der ganzen Stadt kein Haken mehr frei war.',
        ],
        [
          'Am Abend davor kam Wind auf. Am Morgen war die Hälfte der Lampen fort, die Bänke standen in der falschen Straße, und der Koch war zu seiner Schwester gereist.',
          'Dann kam der Wind. Er nahm die Lampen mit, #zahl# Dachziegel und das große weiße Zelt und trug alles #intoWater#, wo es gar nicht schlecht aussah, aber niemandem nützte.',
        ],
        [
          '#hero# setzte sich hin und wollte aufgeben. Da brachte ein Kind eine Kerze, hinter dem Kind kam die Großmutter mit zweien und hinter ihr die halbe Straße, jeder mit dem, was ein wenig Licht gab.',
          '#hero# wollte schon „abgesagt“ an die Tafel schreiben, da kam die erste Nachbarin mit einem Topf Suppe und einer Lampe. „Ich dachte, ihr könnt eine brauchen“, sagte sie. Das dachten die nächsten auch.',
        ],
        [
          'Es war das kleinste #fest#, an das sich jemand erinnern konnte. Niemand sagte, früher sei es besser gewesen. #hero# tanzte einmal mit #friend#, nicht besonders gut, und auch daran erinnerte man sich.',
          'Am Ende gab es einen einzigen langen Tisch, und ganz #town# saß daran. So ein #fest# habe es noch nie gegeben, sagten alle, und sie meinten es freundlich.',
        ],
      ],
    },
    {
      titles: ['Vor dem Schnee', 'Auf der anderen Seite des Passes', 'Der lange Weg zum Arzt'],
      beats: [
        [
          '#hero# war nie weiter gekommen als bis zum letzten Haus von #town#, einer Stadt #land#. Aber der Arzt brauchte Medizin von der anderen Seite des Passes, die Brücke war gesperrt, und jemand musste gehen.',
          'Der erste Schnee lag schon in der Luft, als dem Arzt von #town#, einer Stadt #land#, die Medizin ausging. Die nächste gab es hinter dem Pass. „Ich gehe“, sagte #hero#, ohne lange nachzudenken.',
        ],
        [
          '#friend#, #role#, kam bis zur Wegkreuzung mit und gab #ihm# #einen# #ding#. „Damit war ich #zahl# Mal drüben und wieder hier“, sagte #fer#. „Das kennt den Weg besser als ich.“',
          '„Nimm das mit“, sagte #friend#, #role#, am letzten Haus und gab #ihm# #einen# #ding#. „Es nützt überhaupt nichts. Aber wer so etwas dabeihatte, ist noch nie verloren gegangen.“',
        ],
        [
          'Den ganzen Tag ging es bergauf. Einmal teilte sich der Weg, wo nur einer sein sollte, und einmal war er unter Laub verschwunden. Jedes Mal blieb #hero# stehen, horchte und ging dorthin, woher das Wasser kam.',
          'Es war weiter, als es aussah. Hinter jedem Hügel stand ein nächster, ein wenig höher, als wechselten sie sich ab. #hero# zählte #zahl#, dann zählte #er# nicht mehr und ging einfach.',
        ],
        [
          'Im Dunkeln leuchtete ein Fenster. Die Leute dahinter stellten keine Fragen, bevor die Suppe gegessen war. Sie hatten die Medizin, und sie hatten seit Monaten auf jemanden gewartet, der vom Tal erzählen konnte.',
          'Lange nach Einbruch der Nacht stand da ein Haus mit Licht. „Wir haben dich von weitem gehört“, sagte die Frau an der Tür. „Du hast gesungen.“ #hero# hatte das gar nicht bemerkt.',
        ],
        [
          'Der Rückweg war kürzer, wie Rückwege es sind. Als #hero# die Flasche auf den Tisch des Arztes stellte, war die ganze Straße wach, und #friend# tat, als wäre das reiner Zufall.',
          'Mit den ersten Flocken war #hero# wieder zu Hause. Der Arzt nahm die Flasche, die Nachbarn nahmen den nassen Mantel, und #friend# nahm #den# #ding# zurück, bis zum nächsten Mal.',
        ],
      ],
    },
  ],
  scenes: [
    '#wetter#. Auf der Bank #water# saßen zwei alte Männer, die seit dem Frühjahr dieselbe Partie Schach spielten. „Verrate uns nicht, wie es ausgeht“, sagte der eine zu #hero#, obwohl noch gar kein Wort gefallen war.',
    'An der Ecke roch es nach #essen#. #hero# hatte seit dem Frühstück nichts gegessen, und die Frau am Herd fragte nicht nach Geld. „Setz dich“, sagte sie. „Was es auch ist, es kann warten, solange ein Teller heiß ist.“',
    '#tier# lief eine Weile hinterher, in einem Abstand, der alles offenließ. Blieb #hero# stehen, blieb auch das Tier stehen. Auf ein „Guten Morgen“ schien es nachzudenken und ging dann seiner Wege.',
    'An die Wand #hausGen# hatte jemand einen Satz geschrieben und die Hälfte wieder durchgestrichen. Lesen konnte man noch: „und dann war es genug.“ #hero# las es ein zweites Mal, denn solche Sätze möchte man behalten.',
    'Ein Junge mit einem Eimer wollte wissen, wohin es gehe. „Das weiß ich noch nicht“, sagte #hero#. Der Junge nickte, als wäre das eine Antwort, und schenkte #ihm# den besten seiner Steine für unterwegs.',
    '#hero# dachte an die Großmutter, die immer gesagt hatte, es gebe zwei Arten von Tagen: die, an die man sich erinnert, und die, von denen die anderen getragen werden. Dieser hier schien sich noch nicht entschieden zu haben.',
    'Eine Weile geschah überhaupt nichts. Irgendwo ging eine Tür auf und wieder zu. #wetter#, und in der Ferne hämmerte jemand, langsam und mit langen Pausen, wie einer, der seine Arbeit mag.',
    '#friend# erzählte die Geschichte vom großen Hochwasser, bei dem das Wasser bis zur dritten Stufe gestanden hatte, oder bis zur fünften, je nachdem, wer zuhörte. #hero# kannte sie auswendig und fragte trotzdem nach dem Schluss.',
    'In der nächsten Straße gab es einen Laden, der nichts als Knöpfe verkaufte. Nie hatte #hero# jemanden hineingehen sehen. Heute stand die Tür offen, und im Fenster lag ein einziger Knopf, blau wie das Meer an einem guten Tag.',
    'Es schlug #zahl#. #hero# zählte mit, wie immer, und wie immer schlug die Uhr einmal zu viel. In #town# hatte man sich daran gewöhnt, ein wenig mehr Zeit zu haben als anderswo.',
    '„Hast du Angst?“, fragte #friend#. #hero# dachte ehrlich darüber nach. „Nein“, war schließlich die Antwort. „So gehe ich nur, wenn ich nachdenke.“ #friend# war so freundlich, das zu glauben, und sprach vom Wetter.',
    'Eine Frau hängte Wäsche auf, und jedes Stück davon war gelb. „Angefangen hat es mit einer Socke“, sagte sie, als sie #hero# bemerkte. „Danach dachte ich mir: warum nicht?“ Dagegen war nichts zu sagen.',
    'Sie rasteten auf einer Mauer, die noch warm von der Sonne war. #friend# teilte, was der Tag übrig gelassen hatte: einen Apfel, ein Stück Schnur und einen halben Bleistift. Viel war es nicht, aber es war gerecht geteilt.',
    'Von hier aus sah man ganz #town#: die Dächer, #hausAkk#, die schmalen Gassen. Es sah aus wie etwas, das ein Kind mit großer Sorgfalt gebaut hat, bevor es zum Essen gerufen wurde.',
    'In einem Buch, das offen auf einem Fensterbrett lag, las #hero# den Satz: „Es war nun nicht mehr weit.“ Der Wind blätterte um, ehe zu erfahren war, für wen, und es schien besser, nicht zurückzublättern.',
  ],
  topics: [
    'Unterwegs kamen sie auf {topics} zu sprechen. #friend# behauptete, alles darüber zu wissen, und das meiste davon war falsch. #hero# wusste wirklich etwas darüber, hörte mit großem Vergnügen zu und verbesserte nur das Schlimmste.',
    'Wenn es etwas gab, bei dem #hero# die Zeit vergaß, dann war es das Thema {topics}. Einmal hatte #er# in einem Zug so lange mit jemandem darüber geredet, bis beide ihre Station verpassten, und keinem tat es leid.',
    'In der Tasche steckte ein Heft, und die Hälfte davon war mit {topics} gefüllt. #hero# schlug es auf, schrieb eine Zeile dazu und hatte wie jedes Mal das Gefühl, dass die Welt nun besser in Ordnung war.',
    'In der Halle hing ein Bild, das mit {topics} zu tun hatte, auch wenn niemand genau sagen konnte, was. #hero# stand länger davor als gedacht und ging mit einer guten Idee weiter.',
    'Ein Plakat kündigte einen Abend zum Thema {topics} an. „Da gehen wir hin“, sagte #friend#, „wenn das alles vorbei ist.“ #hero# schrieb sich den Tag auf. Es ist gut, mitten in den Dingen etwas zu haben, worauf man sich freut.',
  ],
  wishes: [
    'Diese Geschichte hat sich übrigens jemand gewünscht: „{wish}“. #hero# hätte sich gewundert zu hören, dass es darin um #ihn# ging.',
    'Jemand in #town# hatte sich einmal genau so eine Geschichte gewünscht: „{wish}“. Nun, so schien es, war der Wunsch an der Reihe.',
  ],
  tones: {
    calm: {
      mood: ['still', 'ruhig', 'mild', 'sanft'],
      openings: [
        'Es war an einem #mood#en Tag, und niemand hatte es eilig, nicht einmal die Wolken.',
        'Manche Geschichten beginnen mit einem Knall. Diese beginnt an einem #mood#en Morgen mit einer Tasse Tee.',
      ],
      scenes: [
        'Einen Augenblick lang war alles still. #hero# hörte nur den eigenen Atem und von weit her das Wasser. Gerade jetzt war nichts zu tun. Das Licht wanderte von einem Stein zum nächsten, und so lange blieb #er# stehen.',
      ],
      endings: [
        'Am Abend saß #hero# am Fenster und sah zu, wie die Lichter ausgingen, eines nach dem anderen. Es war ein guter Tag gewesen, und mehr brauchte er nicht zu sein.',
        'Dann war es wieder still in #town#. #hero# schloss leise die Tür und schlief, bis die Sonne auf den Dielen lag.',
      ],
    },
    warm: {
      mood: ['warm', 'hell', 'freundlich', 'sonnig'],
      openings: [
        'Es war an einem #mood#en Tag, an dem sogar Fremde einander grüßten.',
        'Wer an jenem #mood#en Morgen nach #town# gekommen wäre, dem hätte jemand einen Stuhl angeboten.',
      ],
      scenes: [
        'Eine Nachbarin legte #hero# ungefragt ein Tuch um die Schultern, und irgendeine Großmutter drückte #ihm# ein Stück Kuchen in die Hand. „Das gibst du ein andermal zurück“, sagte sie, und alle wussten, dass sie meinte: jemand anderem.',
      ],
      endings: [
        'Sie saßen noch lange zusammen, bis niemand mehr wusste, wem welches Glas gehörte. „Komm morgen wieder“, sagte #friend#, und #hero# versprach es.',
        'Zu Hause hatte jemand den Ofen angezündet. Wer es gewesen war, kam nie heraus, also bedankte sich #hero# bei allen.',
      ],
    },
    funny: {
      mood: ['windig', 'seltsam', 'verrückt', 'heiter'],
      openings: [
        'Es war an einem #mood#en Tag, und der Hut des Bürgermeisters war schon in drei verschiedenen Bäumen gesehen worden.',
        'Der Ärger begann, wie jeder Ärger in #town#, damit, dass sich jemand einer Sache vollkommen sicher war.',
      ],
      scenes: [
        'An dieser Stelle muss von der Ziege die Rede sein. Sie gehörte niemandem, ging, wohin sie wollte, und hatte das Protokoll der letzten Ratssitzung gefressen, was viele für ihre größte Stunde hielten. Nun betrachtete sie den Ärmel von #hero#.',
      ],
      endings: [
        'Die Ziege bekam übrigens einen Orden. Sie fraß ihn auf. #hero# sagt bis heute, das sei die beste Rede des ganzen Abends gewesen.',
        'Und wenn #friend# es anders erzählt, dann deshalb, weil #fer# kurz vor dem Ende ins Wasser fiel und das Wichtigste verpasst hat.',
      ],
    },
    adventurous: {
      mood: ['wild', 'stürmisch', 'frisch', 'klar'],
      openings: [
        'In der Nacht hatte der Wind gedreht, und an einem so #mood#en Morgen hielt es #hero# nie im Haus.',
        'Es gibt Menschen, die von Abenteuern lesen, und es gibt Menschen, die ohne Schirm aus dem Haus gehen. #hero# gehörte zu den zweiten.',
      ],
      scenes: [
        'Das Brett über dem Graben brach beim zweiten Schritt. #hero# sprang, landete drüben mit einem nassen Schuh und klopfendem Herzen und lachte laut. Zurück ging es nun nicht mehr, und das machte alles einfacher.',
      ],
      endings: [
        'In dieser Nacht konnte #hero# vor Glück nicht schlafen. Auf dem Tisch lag eine Karte mit einem weißen Fleck weniger, und es waren noch so viele übrig.',
        '„Und morgen?“, fragte #friend#. #hero# sah dorthin, wo die Straße über den Hügel ging. „Morgen“, war die Antwort, „sehen wir nach, was dahinter ist.“',
      ],
    },
    romantic: {
      mood: ['lau', 'zart', 'golden', 'mild'],
      openings: [
        'Es war an einem #mood#en Abend im Frühsommer, und irgendwo übte jemand zum dritten Mal denselben Walzer.',
        'Später konnte #hero# nicht sagen, wann es begonnen hatte. Vielleicht an jenem #mood#en Morgen, vielleicht lange davor.',
      ],
      scenes: [
        'Jemand lehnte #water# am Geländer, jemand, dessen Namen #hero# seit Jahren kannte und noch nie laut gesagt hatte. Sie sprachen über das Wetter. Es war das mit Abstand schönste Wetter, über das je gesprochen wurde.',
      ],
      endings: [
        'Sie gingen langsam nach Hause, auf dem längsten Weg. Niemand sagte etwas, und nichts fehlte.',
        'Im Fenster gegenüber brannte Licht. Es brannte, bis das von #hero# ausging, und so ist es seither jede Nacht.',
      ],
    },
    mysterious: {
      mood: ['neblig', 'grau', 'stumm', 'seltsam'],
      openings: [
        'An jenem #mood#en Morgen zog der Nebel #fromWater# herauf, und als er ging, war in #town# etwas anders.',
        'Niemand in #town# spricht darüber, und wer fragt, dem bietet man Tee an. Aber so ist es gewesen.',
      ],
      scenes: [
        'In einem Fenster #hausGen# bewegte sich ein Licht von links nach rechts. Dann bewegte es sich zurück. #hero# wusste, dass der Boden dort drinnen vor Jahren eingestürzt war und niemand darübergehen konnte. Das Licht erlosch, als hätte es #ihn# bemerkt.',
      ],
      endings: [
        'Nur eines klärte sich nie auf. Am Morgen waren vor der Tür von #hero# Fußspuren zu sehen. Sie führten vom Haus weg, und es waren die eigenen.',
        'Manchmal, wenn der Nebel #fromWater# heraufzieht, geht #hero# ans Fenster und wartet. Bisher ist der Nebel immer allein gekommen.',
      ],
    },
    dark: {
      mood: ['kalt', 'schwarz', 'grau', 'finster'],
      openings: [
        'Es war in einem #mood#en Winter in #town#, und man ging früh zu Bett, um den Wind nicht zu hören.',
        'Nicht alles, was in jenem #mood#en Jahr in #town# geschah, wurde aufgeschrieben. Dies hier nicht.',
      ],
      scenes: [
        'Die Lampe brannte niedriger. #hero# hatte das Gefühl, dass jemand auf der Treppe stand, geduldig, wie einer, der Zeit hat. Beim Umdrehen war niemand da, und die dritte Stufe knarrte, wie sie es tut, wenn ein Gewicht von ihr genommen wird.',
      ],
      endings: [
        'Gesprochen wird darüber nicht. Aber niemand in #town# hat seither das Licht an der Tür gelöscht, auch nicht im Sommer.',
        'Noch vor dem Morgen deckte der Schnee alles zu. #hero# war froh darüber und hat nie gesagt, warum.',
      ],
    },
  },
  list: (topics) => names.format(topics.map((topic) => `„${topic}“`)),
};
