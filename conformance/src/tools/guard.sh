# Waits until the program that started it is gone, however that ended, and kills what it left
# running: the process group that this shell leads, and what it was told of on standard input.
# A negative number is a process group, as for kill.
trap '' INT TERM HUP QUIT
running=' '
while read -r what whom; do
    case $what$running in
        +*) running="$running$whom " ;;
        -*" $whom "*) running="${running%% "$whom" *} ${running#* "$whom" }" ;;
    esac
done
for whom in $running; do
    kill -s KILL -- "$whom"
done
kill -s KILL -- "-$$"
