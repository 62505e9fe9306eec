"""What names seem to be names of: people, or things that people rate."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nmf_core.tables.headers import plain, words_of

# Words before a number that make an id of a person, and of a thing: "User 12", "P07", "Film3", "Q1_2".
_PERSON = re.compile(
    r"(user|usr|person|people|participant|part|subj(ect)?|respondent|resp|rater|reviewer|rev|critic|judge|juror|student|pupil"
    r"|customer|cust|client|member|viewer|reader|voter|patient|annotator|coder|expert|tester|visitor|employee|guest"
    r"|taster|assessor|panell?ist|panel ?member|jury|jurado|catador|provador|degustador|q-?grader|grader|scorer|referee"
    r"|gutachter(in)?|mem|tn|pc"
    r"|proband(in)?|versuchsperson|teilnehmer(in)?|juror(in)?|prüfer(in)?|verkoster(in)?|testeur|porotce|oceniający|degustátor|évaluateur"
    r"|nutzer|benutzer|kunde|teilnehmer|schüler|befragter|utilisateur|participante|usuario|alumno|uzytkownik|kid|child|login|account)"
    r"([ _.:/#-]*\d+|[ _.:/#-]+[a-z]\w*|[:/].+)|(vp|u)[ _.#-]*\d+|J\d{1,2}|[0-9a-f]{40}|[prs][ _.#-]*\d{2,}",
    re.IGNORECASE,
)
_THING = re.compile(
    r"(movie|film|item|itm|product|prod|book|song|track|album|artist|game|show|series|place|restaurant|question|quest|frage"
    r"|statement|aufgabe|exercise|ex|task|test|quiz|assignment|hw|homework|lab|exam|paper|dish|recipe|course|joke|image|photo"
    r"|stimulus|stim|artikel|produkt|buch|spiel|titel|livre|jeu|pregunta|libro|pelicula|sku|asin|logo|design|brand|wine|beer)"
    r"([ _.:/#-]*\d+([_.-]?\d+)*[a-z]?|[ _.:/#-]+[a-z]|[:/].+)|(v|q|i)[ _.#-]*\d+([_.-]?\d+)*[a-z]?"
    r"|tt\d{6,}|97[89]\d{10}|B0[0-9A-Z]{8}",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
# "M. Okafor", "Okafor, M.", "Dr. Lind".
_INITIAL = re.compile(
    r"([^\W\d_]\.[ -]?){1,3}[^\W\d_][\w'-]+|[^\W\d_][\w'-]+, ?([^\W\d_]\.? ?){1,3}"
    r"|(dr|prof|mr|mrs|ms|herr|frau|mme|sr|sra)\.? [^\W\d_].*",
    re.IGNORECASE,
)
_YEAR = re.compile(r".+\((19|20)\d\d\)")
# Small words that titles and questions have and the names of people do not.
_IN_TITLES = frozenset(
    """
    the a an of and in to on at for with from is my your how what der die das und im ein eine mit le la les el los il du des
    et
    """.split()
)
# Given names that are frequent where such tables are kept, as `plain` writes them.
_GIVEN = frozenset(
    """
    mama papa oma opa mum mom dad mummy daddy grandma grandpa granny nana maman mamie papi mamá papá abuela abuelo nonna nonno
    aino aileen aled alan alun amina amara aoife arto ash bao bev bez bryony callum carys ciaran colm conor corinne davina declan
    dilip dilys dougal eero eileen eilidh eino ekua eleanor esme ewan fergus fintan freya gareth gethin geraint ginny giles gwen
    hamish hilary hilde hilkka hugh huw imogen inka isla jaana jari jaroslav jiri jonno joyce juha jukka jussi kaisa kalle kari
    katri keir kirsi kwame lalit leif liisa linus lorna ludmila mads mags maureen mairi maeve marjatta matteo matti mavis mikko
    milan milos minna morag myfanwy nan neha niamh nigel nisha oisin olavi ollie orla outi owen paddy padraig paivi pasi
    pekka pia piers poppy
    rauno rhys riitta rohan ronan rory rowan ruairi saara saoirse sakari sanna satu seamus sean senan seppo shona sian siobhan
    siobhán sinead sini steph stina stu sunita swati tadhg taina tapio tarja teemu teuvo tiina timo toivo trish trudy tuomas tuula
    ulla vaclav ville viv winnie yrjo zdenek zdeněk ondřej jiří václav tomáš lukáš petr jitka lenka zuzana tereza vojtěch
    aaron abby abdul adam adrian agnes ahmed aisha akira alan albert alejandro alex alexander alexandra alexis alfred ali alice
    alicia alina alison amanda amber amelia amelie amina amir amy ana anders andre andrea andreas andrew andrzej andy angela
    anil anita anja ann anna anne annette annie anthony anton antonio anya arjun arthur artur ashley astrid asha ava axel
    barbara bart beata beatrice ben benjamin bernard bernd bert beth betty bea bill birgit björn bjorn bob boris brandon brenda
    brian bruno camille carl carla carlos carmen carol caroline cat catherine celine charles charlie charlotte chen chiara
    chloe chris christian christina christine christoph christopher cid cindy claire clara claudia clemens colin connor craig
    cy cyril dan dana daniel daniela dave david deborah deepak dee denis dennis derek diana diego dieter dirk dmitri dominik
    don donald dora doris dorothy doug dylan ed eddie edgar edith eduardo edward elena eli elias elif elisa elizabeth ella
    ellen elsa emil emilia emily emma eric erica erik erika erin ernst esra ethan eugene eva evan eve evelyn ewa fabian fabio
    fatima felix fernando filip finn fiona florian frances francesca francesco francis francisco franck frank franz fred
    frederic frida friedrich gabriel gabriela gary gavin geoff george georg gerard gerd gil gina giovanni giulia giuseppe
    grace greg greta gustav hana hanna hannah hans harry hassan heather heidi heike heinz helen helena helga henri henry
    herbert hiro hiroshi holly hugo ian ibrahim ida igor ike ilse ines inga ingrid ines irene iris isabel isabella ivan ivy
    jack jacob jacqueline jake jakob jamal james jamie jan jana jane janet janina jasmin jason javier jean jeff jen jenna
    jennifer jenny jens jeremy jerome jerry jess jesse jessica jie jill jim jo joan joanna joao joe joel johan johanna john
    johnny jon jonas jonathan jordan jorge jörg jose josef joseph josh joshua juan juana judith judy julia julian julie jun
    jürgen justin kai kara karen karim karin karl karla kasia kate katarzyna katharina katherine kathy katie katja kay keith
    keiko kelly ken kenji kerstin kevin khalid kim kirsten klaus kofi krzysztof kumar kurt kyle lara lars laura lauren laurent
    layla lea lee leila len lena leo leon leonie leslie li liam lily lin lina linda linh lisa liz lola lorenzo lotte lou louis
    louise luc luca lucas lucia lucy luigi luis luisa lukas luke lydia lynn magda maja malik manuel mara marc marcel marco
    marcus marek margaret maria marie marina mario marion mark marko markus marta martha martin martina mary mateo mathilde
    matt matthew matthias maurice max may maya meg megan mehmet mei melanie melissa mia michael michal michel michelle miguel
    mika mike mila mina mira miriam mohamed mohammed moira molly mona monica monika morgan moritz mustafa nadia nadja nancy
    naomi natalia natalie nathan neil nele nia nick nico nicolas nicole nikolai nils nina noah noor nora norbert olaf ole oleg
    olga oliver olivia omar oscar oskar otto pablo pam paola pat patricia patrick paul paula pauline pavel pedro peggy pete
    peter petra phil philip philipp philippe pierre pilar piotr priya rachel rafael rahul raj ralf ralph ramon raul ravi ray
    rebecca remi rene renata ricardo richard rick rita rob robert roberto robin roger roland rolf roman romy ron ronald rosa
    rose roy ruben rudolf rui ruth ryan sabine sabrina sakura sally sam samantha samir samuel sandra sanjay sara sarah sasha
    scott sean sebastian selma serge sergei shirin shirley sid silke silvia simon simone sofia sofie sonia sonja sophia sophie
    stefan stefanie stella stephan stephanie stephen steve steven sue sung susan susanne suzanne sven svetlana sylvia takashi
    tamara tania tanja tara ted teresa terry theo theresa thomas tia tilda tim timo tina tobias todd tom tomas tomasz tommy
    toni tony tracy ty udo ulf uli ulrich una ursula ute uwe val valentina valerie vanessa vera veronica veronika victor
    victoria viktor vincent viola vladimir walter wanda wei wendy werner will willi william wolfgang xavier xin yan yann yasmin
    yoko yolanda yosef yuki yuri yusuf yves yvonne zac zach zara zoe zofia
    """.split()
)

# What columns of numbers are called that hold no ratings, as `plain` writes it; and what such a name ends with.
_NOT_RATED = frozenset(
    """
    age year date time timestamp day month week hour no nr id index row zip zipcode price amount total height weight income
    duration minutes seconds ts unix unixreviewtime reviewtime createdat updatedat datum zeit alter jahr preis fecha edad
    helpful helpfulvotes numvotes reviewcount ratingcount votecount lat latitude lon lng longitude pages runtime quantity
    qty revenue betrag montant importe importo bedrag kwota částka belopp beløp summa dose dosis dosage fee cost costs
    kosten coût costo gebühr stock inventory bestand stückzahl units sold orders salary gehalt lohn distance speed calories
    kcal delay turnover umsatz menge cantidad quantité temperature temp humidity totalvotes popularity beliebtheit avg
    average mean baverage mins min episodes watchedepisodes mywatchedepisodes pressure volume open high low close voltage
    current power unixtime epoch stunden hours
    """.split()
)
_ENDS = (
    _NOT_RATED
    - {"id", "index", "row", "no", "nr", "open", "high", "low", "close", "current", "power", "total", "weight"}
) | frozenset("ms sec secs kg cm mm km eur usd chf gbp similarity distance correlation probability".split())


# What surveys ask or note of a person or of the form beside what is rated.
OF_PERSONS = frozenset(
    """
    age alter âge edad età idade leeftijd ålder alder ikä yaş wiek věk életkor 年齢 年龄 나이 возраст vek birthyear yearofbirth
    geburtsjahr birthdate dob gender sex geschlecht geschl sexe sexo género sesso płeć pohlaví kön køn kjønn sukupuoli
    cinsiyet geslacht 性別 性别 성별 пол education bildung bildungsabschluss schulabschluss abschluss estudios studium
    escolaridad escolaridade ausbildung educationlevel utbildning ethnicity race marital maritalstatus familienstand
    employment occupation beruf profession profesión profissão job jobtitle 職業 职业 직업 region country land pays país paese
    nationality nationalität nation state bundesland canton kanton province city zip zipcode postcode plz postleitzahl
    codepostal cp income einkommen ingresos revenu department abteilung departamento site standort abt dept tenure
    antigüedad ancienneté seniority experience yearsofexperience berufserfahrung dienstjahre children kids household
    householdsize haushaltsgröße agegroup altersgruppe altersklasse altergr altgr semester schoolyear studiengang
    studyprogram klasse class classe třída klas klass klasa sınıf turma 学年 年级 학년 класс gruppe treatment condition arm
    quota wave welle weight gewicht weightkg heightcm height bmi interviewer enumerator interviewtime lastpage letzteseite
    dernièrepage últimapágina seed startlanguage startsprache languededépart language sprache langue idioma locale device
    browser userlanguage consent progress finished status duration durationinseconds ipaddress network networkid
    collectorid recordeddate startdate enddate submitdate submissiondate datestamp timestamp zeitstempel horodateur
    タイムスタンプ marcatemporal informazionicronologiche latitude longitude locationlatitude locationlongitude
    distributionchannel externalreference tags responsetype recipientlastname recipientfirstname recipientemail collector
    customdata customdata1 complete submissiontime validationstatus submittedby version
    """.split()
)
# Units in brackets: "Tenure (years)".
_UNIT = re.compile(
    r".*\((years?|yrs?|months?|weeks?|days?|hours?|hrs?|h|min(ute)?s?|sec(ond)?s?|s|ms|kg|g|cm|mm|km|m|ml|cl|l|%|€|\$|£|eur|usd|chf|gbp"
    r"|jahren?|ans|años|anni|anos|lat|let|år|monaten?|tagen?|stunden?|minuten|utc|gmt)\)",
    re.IGNORECASE,
)


def has_unit(header: str) -> bool:
    """Whether a header ends with a unit in brackets: "Tenure (years)"."""
    return bool(_UNIT.fullmatch(header.strip()))


def not_rated(header: str) -> bool:
    """Whether a header says of numbers that they are no ratings: Price, wait_minutes, "Umsatz in EUR".

    >>> not_rated("wait_minutes"), not_rated("Umsatz in EUR"), not_rated("user rating"), not_rated("movie_id")
    (True, True, False, False)
    """
    parts = [part.casefold() for part in words_of(header)]
    return (
        plain(header) in _NOT_RATED
        or plain(header) in OF_PERSONS
        or has_unit(header)
        or (len(parts) > 1 and parts[-1] in _ENDS)
        or parts in (["similarity"], ["distance"])
    )


_SPANS = re.compile(
    r"(week|woche|kw|wk|semaine|semana|vecka|uke|month|monat|mois|mes|year"
    r"|jahr|day|tag|jour|día|dia|quarter|quartal|trimestre)[ _.-]?\d{1,4}"
    r"|(jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez)[a-zä]*\.?([ '-]?\d{2,4})?|\d{1,2}:\d{2}|(19|20)\d\d"
    r"|q[1-4][ '-]?(19|20)\d\d|(mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(day|nesday|sday|urday)?|(mo|di|mi|do|fr|sa|so)"
    r"|(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"
    r"|pre|post|before|after|baseline|follow-?up|vorher|nachher|avant|après|antes|después|depois|t[0-9]|time ?[0-9]"
    r"|(lunes|martes|miércoles|jueves|viernes|sábado|domingo)",
    re.IGNORECASE,
)


def like_times(names: Iterable[str]) -> float:
    """The share of names that are those of days, weeks, months or years.

    >>> like_times(["week 1", "Jan", "2021"]), like_times(["Heat"])
    (1.0, 0.0)
    """
    return _share(names, _SPANS.fullmatch)


def like_people(names: Iterable[str]) -> float:
    """The share of names that read as those of people: an e-mail address, a given name, "User 7".

    >>> like_people(["Ann", "Bob K.", "P07", "ann@x.org"]), like_people(["Alien", "Heat"])
    (1.0, 0.0)
    """
    return _share(names, _is_person)


def like_things(names: Iterable[str]) -> float:
    """The share of names that read as titles or questions: "Film 3", "Q1_2", "The Hunt", "Up (2009)".

    >>> like_things(["Film 3", "The Hunt", "Up (2009)"]), like_things(["Ann", "Bob"])
    (1.0, 0.0)
    """
    return _share(names, _is_thing)


def _share(names: Iterable[str], is_one: object) -> float:
    """The share of the names that are there of which something is true."""
    assert callable(is_one)
    found = [bool(is_one(name.strip())) for name in names if name.strip()]
    return sum(found) / len(found) if found else 0.0


def _is_person(name: str) -> bool:
    """Whether a name reads as that of a person."""
    if _PERSON.fullmatch(name) or _EMAIL.fullmatch(name) or _INITIAL.fullmatch(name):
        return True
    words = [plain(word) for word in re.split(r"[\s,._-]+", name) if word]
    return 0 < len(words) <= 3 and words[0] in _GIVEN and not _IN_TITLES & set(words)


def _is_thing(name: str) -> bool:
    """Whether a name reads as that of something to rate."""
    if _THING.fullmatch(name) or _YEAR.fullmatch(name) or name.endswith(("?", "!")):
        return True
    words = [plain(word) for word in name.split()]
    return len(words) > 1 and bool(_IN_TITLES & set(words))
