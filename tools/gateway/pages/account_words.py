"""In which words do sign-in and the list of people speak? Danish and English."""

from tools.gateway.pages import by_language

_BOTH = {  # key: Danish, English
    "title": ("Kald: log ind", "Kald: sign in"), "people_title": ("Personer", "People"), "name": ("Navn", "Name"),
    "password": ("Adgangskode", "Password"), "sign_in": ("Log ind", "Sign in"), "sign_out": ("Log ud", "Sign out"),
    "have_code": ("Jeg har en kode", "I have a code"), "have_password": ("Jeg har en adgangskode", "I have a password"),
    "code": ("Kode", "Code"), "new_password": ("Ny adgangskode, mindst 10 tegn", "New password, 10 signs or more"),
    "choose": ("Gem og log ind", "Save and sign in"),
    "first": ("Ingen har en konto endnu. Skriv dit navn, koden fra gatewayens skærm, og vælg en adgangskode: så "
        "bliver du administrator.",
        "Nobody has an account yet. Type your name and the code on the gateway's own screen, and choose a password: "
        "you are then the administrator."),
    "screen_hint": ("En fælles skærm får kun navn og kode.", "A shared screen gets a name and a code only."),
    "sending": ("Sender …", "Sending …"),
    "no_answer": ("Ingen forbindelse til gatewayen", "No connection to the gateway"),
    "other": ("In English", "På dansk"), "board": ("Til tavlen", "To the board"), "role": ("Rolle", "Role"),
    "device": ("Briknummer", "Number of the badge"), "add": ("Opret", "Make"), "invite": ("Ny kode", "New code"),
    "disable": ("Spær", "Shut out"), "enable": ("Luk ind", "Let in"), "disabled": ("spærret", "shut out"),
    "invited": ("har ikke valgt adgangskode endnu", "has not chosen a password yet"),
    "code_is": ("Koden til {name}, gælder i 7 dage og vises kun nu:",
        "The code for {name}, good for 7 days and shown only now:"),
    "role_wearer": ("bærer", "wearer"), "role_colleague": ("kollega", "colleague"),
    "role_manager": ("leder", "manager"), "role_technician": ("tekniker", "technician"),
    "role_administrator": ("administrator", "administrator"), "role_screen": ("fælles skærm", "shared screen"),
    "sign_in_first": ("Log ind først.", "Sign in first."),
    "not_from_page": ("Siden er for gammel: genindlæs den.", "This page is too old: load it again."),
    "may_not": ("Det må din rolle ikke.", "Your role may not do that."),
    "who_are_you": ("Tryk på dit navn først.", "Touch your name first."),
    "wrong_password": ("Navn eller adgangskode er forkert.", "Name or password is wrong."),
    "code_wrong": ("Koden passer ikke til navnet, eller er udløbet.", "The code does not fit the name, or is too old."),
    "too_often": ("For mange forsøg. Prøv igen om {seconds} sekunder.",
        "Too many tries. Try again in {seconds} seconds."),
    "password_length": ("Adgangskoden skal have 10 til 200 tegn, ikke næsten ens.",
        "The password must have 10 to 200 signs, and not nearly all the same."),
    "password_is_name": ("Adgangskoden må ikke være navnet.", "The password must not be the name."),
    "name_wrong": ("Navnet skal have 1 til 40 tegn.", "The name must have 1 to 40 letters."),
    "name_taken": ("Navnet er brugt.", "That name is used."),
    "role_wrong": ("Rollen findes ikke.", "There is no such role."),
    "device_wrong": ("Ingen brik har det nummer; en bærer skal have sin egen.",
        "No badge has that number; a wearer needs one of their own."),
    "last_administrator": ("Den sidste administrator kan ikke spærres.", "The last administrator cannot be shut out."),
    "no_account": ("Kontoen findes ikke.", "There is no such account."),
    "first_account_first": ("Opret den første konto på siden Log ind.", "Make the first account on the page Sign in."),
    "no_json": ("Siden sendte noget, der ikke kan læses.", "The page sent something that cannot be read."),
}
WORDS = by_language(_BOTH)
