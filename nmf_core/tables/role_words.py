"""What users, items and ratings are called in headers, in the languages that such tables are kept in."""

from __future__ import annotations

# What else users, items and ratings are called where a header names them less plainly; as `plain` writes it.
NOUNS: dict[str, frozenset[str]] = {
    "user": frozenset(
        """
        account adhérent adhérente alumna alumno aluna alunna alunno aluno anmelder annotator annotatorid användare
        arvostelija asiakas assaggiatore assaggiatrice assessor assessorid attendee auditeur auditrice author avaliador
        avaliadora befragter benutzername beoordelaar bewerter bewerterin bewertetvon borrower bruger bruker buyer cardno
        cardnumber catador catadora clienta cliente critic cust deelnemer degustador degustadora degustatore degustátor
        delegate deltagare deltager deltaker diner dipendente divák domare dommer drinker dégustateur elev empleada empleado
        employee employé employée encuestada encuestado estudante estudiante evaluador evaluadora evaluator felhasználó
        funcionário gast gebruiker giudice giurato goûteur goûteuse gość grader guest gutachter gutachterin gäst gæst handle
        hodnotitel household hráč hörer hörerin invité invitée joueur joueuse journalist journaliste judge jurada jurado
        juror jurorin jurylid juré jurée jäsen katılımcı klant klient kritiker kritikerin kto kullanıcı kund kundin käufer
        käuferin käyttäjä lecteur lecteurs lectrice leerling lehrerin leser leserin librarycard listener login látogató
        medlem memberno membre membro miembro mitarbeiter mitarbeiterin mitglied müşteri ngườidùng nick nickname nutzername
        oceniający oppilas osallistuja osoba panelist panelista panellist participant participante participantid patient
        patron patronid pengguna people periodista pessoa pid player porotce porotkyně pracownik proband probandin proever
        profile profilename provador provadora prüfer prüferin ratedby raterid recensent recensore recenzent recenzentka
        referee resp respondent respondente respondentid reviewedby reviewername rezensent rezensentin répondant répondante
        salarié schüler schülerin scorer scout screenname shopper socia socio spectateur spectatrice spieler spielerin
        student studente studentessa studentka subject subscriber taster teilnehmer teilnehmerin tenant tester testeur
        traveler traveller uczennica uczeń uid userhash usersha usersha1 usr usuaria usuário utente utilisatrice utilizador
        utilizadora użytkownik
        uživatel vendég verkoster verkosterin versuchsperson vieras visiteur visitor voter voterid vásárló watcher worker
        zaměstnanec zawodnik zuschauer zákazník élève értékelő étudiant étudiante évaluateur évaluatrice öğrenci üye čtenář
        žák κριτής πελάτης χρήστης гость зритель клиент корисник користувач покупатель пользователь потребител респондент
        слушатель студент судья участник участница ученик читатель эксперт לקוח משתמש الطالب العضو العميل المستخدم مستخدم
        ユーザー ユーザーid 参与者 参加者 回答者 学生 审稿人 生徒 用戶 用户 用户id 用户名 評価者 评分者 评委 顧客 顾客 고객
        사용자 심사위원 응답자 이용자 참가자 평가자 학생
        """.split()
    ),
    "item": frozenset(
        """
        abstract act albergo album albums amostra app appid application appname articleno artikelnr artikelnummer artists
        artnr asignatura assignment athlete attraction band barcode batch beach beverage bier biere biersorte bild birra
        bière blague boardgame boek bog bok books bor bottle bouteille brand böcker bücher caffè café cake campione campsite
        canción candidat candidate candidato canzone canção cardname cerveja cerveza channel chanson character cheese chili
        chiste chocolate cidre cigar clip cocktail coffee contestant cours course creator creature criterion curso cím danie
        ders destination disciplina dish dishes docente doctor dog drink driver ean ean13 elokuva emoji enseignant entrant
        entry equipo essay evaluee exhibit fach filial filiale filme
        filmi films filmtitel filmtitle flasche flavor flavour font food
        formaggio foto frage fromage games gaststätte gerecht gericht gif gin gioco gra grant gtin gâteau hike horse hostel
        hotel hra hund hörbuch idea iid instructor isbn10 isbn13 itemname itemno itemnumber items itemtitle jeu jogo juego
        játék jídlo kaffe kaffee kahve kandidat kandidát kawa kirja kitap kneipe kniha knjiga książka książki kuchen kurs
        káva kávé käse könyv landmark laulu lecture lecturer lego lehrer libro lied listing locationid livres logo lokal lot
        läufer läuferin låt magazine materia matière meal meme mid minta module movies movietitle muestra museum naziv
        newspaper název ochutnávka olut ort otsikko oyun package page paper paperid parfum parfüm park peli película perfume
        pferd photo physician piatto picture piosenka pivo piwo place places plat platillo plato playlist poi pokrm post
        poster postid potrawa prato pregunta prodotto productno products producttitle produkt produktname produktnavn
        produto profesor professeur professor progetto programme project projekt projet proposal proyecto przedmiot próbka
        píseň předmět queijo queso question questions quote ratee ravintola recette recipes repo resort restauracja
        restaurang restaurante ret rett reviewee rezept ristorante ruoka rätt sample sandwich sang sarja seller serial serie
        series seriál show shows skater sku snack songs sorte speise spel spiel spielzeug spil spill squadra startup
        statement statements sticker stimulus stimulusid strand subjectname submission sör sýr talk tantárgy tea teacher
        teacherid team tee termék thread thé titel title titolo titre tittel titulo torte toy trail trailname tuote tvshow
        tweet tytuł título upc url vak vara venue video viini villain vin vinho vino vortrag vtip vzorek víno výrobek
        wallpaper ware wein weine weinsorte whiskey whisky whiskyname wijn wine wino witz workshop yemek zeitschrift
        échantillon équipe étel étterem öl øl şarkı ταινία блюдо игра книга книги название наименование песня предмет товар
        трек фильм מוצר ספר סרט الطبق الفيلم الكتاب المطعم المنتج فيلم كتاب منتج アニメ ゲーム タイトル メニュー 书名 作品
        商品 商品名 图书 宿 店 店名 料理 映画 曲 曲名 書籍 本 标题 歌曲 游戏 电影 菜 菜名 菜品 項目 餐厅 게임 곡 노래 도서
        메뉴 상품 식당 영화 음식 음식점 제품 책
        """.split()
    ),
    "rating": frozenset(
        """
        answer antwort apreciação arvio arvosana avaliação benotung beoordeling betyg betygsättning bodů calificación cijfer
        classificação enjoyment estrellas fivestar fivestars funniness gesamtbewertung gesamteindruck gesamtnote gesamturteil
        giudizio grade hodnocení hoursplayed howmuch karakter karakterer likeability liked likes liking listens lustigkeit
        mark minutesplayed myrating nota notafinal note notefinale noteglobale notu nplays ocena ocene opinion overallrating
        overallsatisfaction overallscore pisteet pistemäärä playcount plays playtime playtimeforever poeng points points_given
        pont pontok pontszám poäng preference puan punkte punkty punktzahl puntaje punteggio punteggiototale puntos puntuación
        rate ratingscore ratingvalue response reviewscore satisfaction scorevalue skor skóre starrating stelle sterne
        terningkast thumb thumbs timesplayed tähdet urteil userrating utility valutazione vote votes voti voto vurdering
        waardering wertung wiedergaben yourrating známka známky értékelés étoiles βαθμολογία бал балл баллы оценка рейтинг
        דירוג ציון التقييم تقييم 分数 得分 得点 总分 点数 総合点 総合評価 综合评分 評価 評点 评分 별점 점수 평점
        """.split()
    ),
}
