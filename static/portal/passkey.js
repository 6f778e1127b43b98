// Where the device gave no passkey (cancelled, none there, too late): a sentence instead of silence.
document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const place = document.getElementById("passkey-trouble");
    if (!place) return;
    const main = document.querySelector(".page-main");
    if (main) main.append(place);
    place.textContent = place.dataset.text;
    place.hidden = false;
});
