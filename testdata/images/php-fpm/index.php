<?php
header('Content-Type: text/plain');
echo strrev(file_get_contents('php://input')), "\n";
